import type { KindTypes } from '../objects/kinds.js';

export type Lease = KindTypes['Lease'];

export interface LeaseClaim {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly durationSeconds: number;
}

/** What this process last saw of the lease, and when by its own clock; other machines' clocks are never compared with ours. */
export interface Observation {
  readonly resourceVersion: string;
  readonly seenAtMs: number;
}

/** Whether a lease may be taken: it is ours, given up, or unchanged for its own duration since we saw it first. */
export function mayTake(lease: Lease, identity: string, seen: Observation, nowMs: number): boolean {
  const holder = lease.spec?.holderIdentity ?? '';
  const durationMs = (lease.spec?.leaseDurationSeconds ?? 0) * 1000;
  return holder === '' || holder === identity || nowMs - seen.seenAtMs > durationMs;
}

/** The lease as this process wants it: a first one, one taken over, or one renewed. */
export function claimedLease(claim: LeaseClaim, found: Lease | undefined, now: Date): Lease {
  const time = microTime(now);
  const renewed = found?.spec?.holderIdentity === claim.identity;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...found?.metadata, name: claim.name, namespace: claim.namespace },
    spec: {
      holderIdentity: claim.identity,
      leaseDurationSeconds: claim.durationSeconds,
      acquireTime: renewed ? (found.spec?.acquireTime ?? time) : time,
      renewTime: time,
      leaseTransitions: (found?.spec?.leaseTransitions ?? 0) + (found === undefined || renewed ? 0 : 1),
    },
  };
}

/** The lease given up: whoever looks next may take it without waiting. */
export function releasedLease(lease: Lease, now: Date): Lease {
  return { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) } };
}

function microTime(now: Date): string {
  return now.toISOString().replace('Z', '000Z');
}
