const TEXTS: Readonly<Record<string, string>> = {
  ERR_ADDRESS_REFUSED: 'The host is at an address that webhooks may not go to.',
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was cut before an answer came.',
  EPIPE: 'The connection was cut before an answer came.',
  UND_ERR_SOCKET: 'The connection was cut before an answer came.',
  UND_ERR_CONNECT_TIMEOUT: 'No connection within 10 s.',
  ENOTFOUND: 'The host name does not exist.',
  EAI_AGAIN: 'The host name could not be looked up.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The host cannot be reached.',
};

/** Why an attempt got no answer, in words that name nothing of our network. */
export function describeFailure(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'No answer within 10 s.';
  if (error instanceof Error && error.name === 'HTTPParserError') return 'The answer was no HTTP that can be read.';
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = TEXTS[code];
  if (text !== undefined) return text;
  if (/CERT|TLS|SSL|^EPROTO$/.test(code)) return `The TLS connection failed (${code}).`;
  return code === '' ? 'The request failed.' : `The request failed (${code}).`;
}
