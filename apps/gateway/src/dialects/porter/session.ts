// How this dialect carries a credential: a cookie. Whether it holds is the core's word; a session that ended with its account still proves
// whose the account was, on that owner's routes.
import { CredentialKind } from '@slipway/contracts';

import type { Authentication } from '../../core/authentication.js';
import type { Caller, HttpCall } from '../../core/http-call.js';
import { failure } from './errors.js';
import { numberOf } from './numbers.js';

const NAME = 'porter';
const VALUE = /^[A-Za-z0-9_-]{43}$/;
const LIFE_SECONDS = 30 * 24 * 3_600;
const OWNER_ROUTES = '/api/users/:id';

/** What the first cookie of that name holds, when it can be one of ours. */
export function presentedSession(call: Pick<HttpCall, 'header'>): string | undefined {
  for (const pair of (call.header('cookie') ?? '').split(';')) {
    const [name = '', ...value] = pair.split('=');
    if (name.trim() !== NAME) continue;
    const text = value.join('=').trim();
    return VALUE.test(text) ? text : undefined;
  }
  return undefined;
}

/** @throws Failure 403; on an owner's route 400 and 404 as well, in the order of the checks there */
export async function authenticate(call: HttpCall, authentication: Authentication): Promise<Caller> {
  const session = presentedSession(call);
  const caller = session === undefined ? null : await authentication.byOpaqueValue(session, [CredentialKind.cookie]);
  if (caller) return caller;
  const isOwnersRoute = call.route?.startsWith(OWNER_ROUTES) ?? false;
  const number = session !== undefined && isOwnersRoute ? await authentication.deletedAccount(session) : null;
  if (number === null) throw failure.forbidden();
  throw ownNumber(call) === number ? failure.accountGone() : failure.forbidden();
}

/** The number in the path of an owner's route. @throws Failure 400 */
export function ownNumber(call: Pick<HttpCall, 'params'>): number {
  const number = numberOf(call.params['id'] ?? '');
  if (number === null) throw failure.undecodable();
  return number;
}

/** Opens a session in the client: `Secure` when the request came over https. */
export function setSession(call: HttpCall, value: string): void {
  const expires = new Date(Date.now() + LIFE_SECONDS * 1_000).toUTCString();
  const secure = call.request.protocol === 'https' ? '; Secure' : '';
  call.set(
    'Set-Cookie',
    `${NAME}=${value}; Path=/; Expires=${expires}; Max-Age=${LIFE_SECONDS}; HttpOnly; SameSite=Lax${secure}`,
  );
}

export function clearSession(call: HttpCall): void {
  const expires = new Date(0).toUTCString();
  call.set('Set-Cookie', `${NAME}=; Path=/; Expires=${expires}; Max-Age=0; HttpOnly; SameSite=Lax`);
}
