/** Stands in CORS_ORIGINS for every page that this machine serves to itself, on any port. */
export const LOOPBACK = 'loopback';

/** What CORS_ORIGINS may list: an origin, or the word for every local page. */
export function isListable(text: string): boolean {
  return text === LOOPBACK || parse(text) !== undefined;
}

/** Which web pages may call this gateway: its own, and those that were listed. */
export class Origins {
  private readonly listed: ReadonlySet<string>;

  constructor(publicUrl: string, listed: readonly string[]) {
    this.listed = new Set([publicUrl, ...listed].map((url) => originOf(url) ?? url));
  }

  /** `host` is the request's Host header: a page served from the same host and port is the gateway's own. */
  allows(origin: string, host: string | undefined): boolean {
    const url = parse(origin);
    if (!url) return false;
    if (url.host === host?.toLowerCase() || this.listed.has(url.origin)) return true;
    return this.listed.has(LOOPBACK) && isLoopback(url.hostname);
  }
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

function originOf(url: string): string | undefined {
  return parse(url)?.origin;
}

function parse(url: string): URL | undefined {
  try {
    const parsed = new URL(url);
    return /^https?:$/.test(parsed.protocol) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
