// How this dialect carries a credential: a bearer token in the header, on streams in the query too. Three parts are an access token,
// anything else is an API key. Whether it holds is the core's word.
import { CredentialKind, isApiKey } from '@slipway/contracts';

import type { Authentication } from '../../core/authentication.js';
import type { Caller, HttpCall } from '../../core/http-call.js';
import { failure } from './errors.js';

const ACCESS_TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export async function authenticate(call: HttpCall, authentication: Authentication, keyPrefix: string): Promise<Caller> {
  const value = presentedValue(call);
  const caller = ACCESS_TOKEN.test(value)
    ? await authentication.byAccessToken(value)
    : isApiKey(value)
      ? await authentication.byOpaqueValue(value, [CredentialKind.apiKey])
      : null;
  if (caller) return caller;
  throw value.startsWith(keyPrefix) ? failure.authentication('Invalid API key') : failure.invalidToken();
}

/** @throws Failure when there is none, or not in the form of a bearer token */
export function presentedValue(call: Pick<HttpCall, 'access' | 'query' | 'header'>): string {
  const header = call.header('authorization');
  if (header !== undefined) {
    const [, value] = /^bearer +(\S+) *$/i.exec(header) ?? [];
    if (value === undefined) throw failure.authentication('Invalid authorization header format');
    return value;
  }
  const token = mayBeInQuery(call) ? call.query.get('token') : null;
  if (token === null) throw failure.authentication('Missing authorization header');
  return token.replace(/^bearer +/i, '').trim();
}

function mayBeInQuery(call: Pick<HttpCall, 'access' | 'header'>): boolean {
  return (
    call.access === 'stream' ||
    (call.access === 'event-stream' && (call.header('accept') ?? '').includes('text/event-stream'))
  );
}
