/** What an HTTP answer said. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The story reads what it was promised; an answer of another shape fails at the expectation that reads it.
  readonly body: Record<string, unknown>;
}

/** A client of the HTTP API, with a credential or without. */
export class HttpClient {
  constructor(
    readonly url: string,
    private readonly credential?: string,
  ) {}

  with(credential: string): HttpClient {
    return new HttpClient(this.url, credential);
  }

  /** Those that carry the credential, for requests that this client does not make. */
  get headers(): Record<string, string> {
    return this.credential === undefined ? {} : { authorization: `Bearer ${this.credential}` };
  }

  async send(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: {
        ...this.headers,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      body: json ? (JSON.parse(text) as Record<string, unknown>) : { text },
    };
  }
}
