import { PASSWORD_MAX } from '@slipway/contracts';

import { isEmail } from './email.js';
import { failure, type Tag } from './errors.js';
import type { JsonObject } from './json-object.js';

const MAX = 255;
/** Longer than anything that an account can have, so that it is told apart from none of them. */
const PRESENTED_MAX = PASSWORD_MAX + 1;

export interface UserAnswer {
  /** The user's number. */
  readonly id: number;
  readonly email: string;
  /** Names of the contexts that may be used. */
  readonly contexts: readonly string[];
  readonly rawKubeConfig: string;
}

export interface ContextAnswer {
  readonly name: string;
  readonly server: string;
  readonly cluster: string;
  readonly user: string;
  readonly selected: boolean;
}

/** @throws Failure 422, one tag a field, in the order of their declaration */
export function acceptRegistration(body: JsonObject): { email: string; password: string } {
  const [email, password] = [body.text('email'), body.text('password')];
  const tags = [tagOf(email, isEmail), tagOf(password)].filter((tag) => tag !== undefined);
  if (email === undefined || password === undefined || tags.length > 0) throw failure.fields(tags);
  return { email, password };
}

/** Not judged: an address that nobody can have is registered by nobody. */
export function acceptLogin(body: JsonObject): { email: string; password: string } {
  const [email = '', password = ''] = [body.text('email'), body.text('password')];
  return { email: email.slice(0, PRESENTED_MAX), password: password.slice(0, PRESENTED_MAX) };
}

/** @throws Failure 422 */
export function acceptPassword(body: JsonObject): string {
  const password = body.text('password');
  const tag = tagOf(password);
  if (password === undefined || tag) throw failure.fields(tag ? [tag] : ['required']);
  return password;
}

function tagOf(text: string | undefined, isFit: (text: string) => boolean = () => true): Tag | undefined {
  if (text === undefined || text === '') return 'required';
  if ([...text].length > MAX) return 'max';
  return isFit(text) ? undefined : 'email';
}
