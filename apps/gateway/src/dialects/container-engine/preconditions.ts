// The request headers that bear on one deployment: If-Match and Prefer.
import type { AppCommand, AppView } from '@slipway/contracts';

import type { HttpCall } from '../../core/http-call.js';
import { failure } from './errors.js';

const MAX_WAIT_SECONDS = 25;
/** A version that no App ever has: a tag that is not ours matches nothing. */
const NO_VERSION = Number.MAX_SAFE_INTEGER;

export function tagOf(version: number): string {
  return `"${version}"`;
}

/** The version that has to be the current one; undefined when any will do. @throws Failure 400 for what is no tag */
export function ifMatchOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const [, weak, tag] = /^\s*(W\/)?"([\x21\x23-\x7e]*)"\s*$/.exec(header) ?? [];
  if (tag === undefined) throw failure.invalidHeader('If-Match: must be one ETag or *');
  // A weak tag never matches here, by RFC 9110.
  return weak === undefined && /^[1-9]\d{0,14}$/.test(tag) ? Number(tag) : NO_VERSION;
}

/** A command on one deployment, if it is still as the caller saw it. */
export function commandOn(id: string, call: HttpCall): AppCommand {
  const ifVersion = ifMatchOf(call.header('if-match'));
  return { app: { id }, ...(ifVersion !== undefined && { ifVersion }) };
}

/** The App, whose ETag goes with the answer. */
export function tagged(call: HttpCall, app: AppView): AppView {
  call.set('ETag', tagOf(app.version));
  return app;
}

/** The seconds of `Prefer: wait=N`; undefined when there are none or they are out of range, since a preference may be ignored. */
export function waitSecondsOf(header: string | undefined): number | undefined {
  for (const preference of (header ?? '').split(/[,;]/)) {
    const [, seconds] = /^\s*wait\s*=\s*"?(\d{1,9})"?\s*$/i.exec(preference) ?? [];
    if (seconds !== undefined) return Number(seconds) <= MAX_WAIT_SECONDS ? Number(seconds) : undefined;
  }
  return undefined;
}
