import type { IncomingMessage } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';

import type { EmbeddedCluster } from '../embedded-cluster.js';
import type { JsonObject, KubeObject } from '../objects.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The answer as an object: a Status, a list or a resource. */
  readonly body: Status & KubeObject & { items: KubeObject[] };
}

export type Status = { message: string; reason: string; code: number; details?: JsonObject };

export interface AskOptions {
  readonly body?: JsonObject | string;
  readonly type?: string;
  readonly accept?: string;
  readonly token?: string;
}

export interface Stream {
  readonly status: number;
  /** What has come so far. */
  readonly lines: string[];
  /** The lines as watch events. */
  events(): { type: string; object: KubeObject & Status }[];
  readonly ended: Promise<void>;
  stop(): void;
}

export interface ApiClient {
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  apply(path: string, body: JsonObject, query?: string): Promise<Answer>;
  stream(path: string): Promise<Stream>;
}

const mergePatch = 'application/merge-patch+json';

/** Speaks HTTPS with the cluster as any client does, and checks its certificate. */
export function apiClient(cluster: Pick<EmbeddedCluster, 'url' | 'caPem' | 'token'>): ApiClient {
  const send = (method: string, path: string, options: AskOptions): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { body, type, accept, token = cluster.token } = options;
      const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
      const ask = secureRequest(
        new URL(path, cluster.url),
        {
          method,
          agent: new Agent({ ca: cluster.caPem }),
          headers: {
            'user-agent': 'spec/1.0',
            ...(token ? { authorization: `Bearer ${token}` } : {}),
            ...(text !== undefined
              ? { 'content-type': type ?? (method === 'PATCH' ? mergePatch : 'application/json') }
              : {}),
            // Node sends no length with the body of a DELETE by itself.
            ...(text !== undefined ? { 'content-length': Buffer.byteLength(text) } : {}),
            ...(accept ? { accept } : {}),
          },
        },
        resolve,
      );
      ask.on('error', reject);
      ask.end(text);
    });

  const ask: ApiClient['ask'] = async (method, path, options = {}) => {
    const response = await send(method, path, options);
    response.setEncoding('utf8');
    let text = '';
    for await (const chunk of response as AsyncIterable<string>) text += chunk;
    const json = response.headers['content-type'] === 'application/json';
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : {}) as Answer['body'],
    };
  };

  return {
    ask,
    apply: (path, body, query = 'fieldManager=spec') =>
      ask('PATCH', `${path}?${query}`, { body, type: 'application/apply-patch+yaml' }),
    stream: async (path) => {
      const response = await send('GET', path, {});
      response.setEncoding('utf8');
      const lines: string[] = [];
      let rest = '';
      response.on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop() ?? '';
        lines.push(...parts);
      });
      const ended = new Promise<void>((resolve) => response.once('close', () => resolve()));
      response.on('error', () => undefined);
      return {
        status: response.statusCode ?? 0,
        lines,
        events: () => lines.map((line) => JSON.parse(line) as ReturnType<Stream['events']>[number]),
        ended,
        stop: () => response.destroy(),
      };
    },
  };
}
