// Owns the rules of a Domain: its proof, when it is looked for, and what a check makes of it. Pure.
import type { AppId, DomainId } from '@slipway/contracts';

import type { App } from '../app/app.js';
import type { DomainEntity } from './domain.entity.js';

export const MAX_DOMAINS = 20;

const SECOND = 1_000;
const FIRST_CHECKS = [5 * SECOND, 15 * SECOND, 60 * SECOND];
const EVERY = 600 * SECOND;
const STILL_LED_CHECK = 5 * SECOND;
const GIVEN_UP = 7 * 24 * 3_600 * SECOND;

export const TAKEN = 'Another app has proven that this host is its own.';
export const STILL_LED =
  'The cluster still leads this host to the app that had it. It is taken over as soon as that has ended.';

/** Where the record is looked for, and what it has to hold. */
export function challengeOf({ host, token }: Pick<DomainEntity, 'host' | 'token'>): { name: string; value: string } {
  return { name: `_slipway-challenge.${host}`, value: `slipway-verification=${token}` };
}

export function newDomain(given: { id: DomainId; appId: AppId; host: string; token: string }, now: Date): DomainEntity {
  const row = { ...given, state: 'pending', reason: '', createdAt: now, checkedSince: now, verifiedAt: null } as const;
  return { ...row, nextCheckAt: nextCheck(now, now) };
}

/** After 5 s, 15 s, 1 min, then every 10 min for 7 days. Null: no more. */
export function nextCheck(since: Date, now: Date): Date | null {
  const age = now.getTime() - since.getTime();
  const first = FIRST_CHECKS.find((after) => after > age);
  if (first !== undefined) return new Date(since.getTime() + first);
  return age + EVERY > GIVEN_UP ? null : new Date(now.getTime() + EVERY);
}

/** What a look for the record found. */
export type Proof =
  | { readonly found: true }
  /** Why not, as a sentence. */
  | { readonly found: false; readonly reason: string };

export function proven(domain: DomainEntity, now: Date): DomainEntity {
  return { ...domain, state: 'verified', reason: '', verifiedAt: now, nextCheckAt: null };
}

/** After a failure the schedule begins anew: somebody has asked to look once more. */
export function unproven(domain: DomainEntity, reason: string, now: Date): DomainEntity {
  const checkedSince = domain.state === 'failed' ? now : domain.checkedSince;
  const nextCheckAt = nextCheck(checkedSince, now);
  if (nextCheckAt) return { ...domain, state: 'pending', reason, checkedSince, nextCheckAt };
  return failed(domain, `${reason} Verify it again once the record is there.`);
}

/** Proven, and not free yet: what it waits for is a matter of seconds, however old the claim is. */
export function stillLed(domain: DomainEntity, now: Date): DomainEntity {
  const nextCheckAt = new Date(now.getTime() + STILL_LED_CHECK);
  return { ...domain, state: 'pending', reason: STILL_LED, checkedSince: now, nextCheckAt };
}

export function failed(domain: DomainEntity, reason: string): DomainEntity {
  return { ...domain, state: 'failed', reason, nextCheckAt: null };
}

/** What the user changed of an App's domains moves the ETag; the cluster follows those that are proven. */
export function withOtherDomains(app: App, { routed }: { routed: boolean }, now: Date): App {
  return { ...app, version: app.version + 1, generation: app.generation + (routed ? 1 : 0), changedAt: now };
}

/** A proof comes in the background: the cluster follows, and no client's If-Match breaks. */
export function withProvenDomain(app: App): App {
  return { ...app, generation: app.generation + 1 };
}
