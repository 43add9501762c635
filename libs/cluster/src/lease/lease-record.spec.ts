import { describe, expect, it } from 'vitest';

import { claimedLease, mayTake, releasedLease } from './lease-record.js';

const claim = { namespace: 'slipway-system', name: 'deployments', identity: 'b', durationSeconds: 15 };
const now = new Date('2026-03-01T10:00:00.000Z');
const heldByA = claimedLease({ ...claim, identity: 'a' }, undefined, now);
const seen = { resourceVersion: '1', seenAtMs: 1_000 };

describe('mayTake', () => {
  it('waits until the lease has stood unchanged for its own duration since it was first seen', () => {
    expect(mayTake(heldByA, 'b', seen, 16_000)).toBe(false);
    expect(mayTake(heldByA, 'b', seen, 16_001)).toBe(true);
  });

  it('takes its own lease and one that was given up at once', () => {
    expect(mayTake(heldByA, 'a', seen, 1_000)).toBe(true);
    expect(mayTake(releasedLease(heldByA, now), 'b', seen, 1_000)).toBe(true);
  });
});

describe('claimedLease', () => {
  it('starts, renews and takes over', () => {
    const later = new Date('2026-03-01T10:00:05.000Z');
    expect(heldByA.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-03-01T10:00:00.000000Z',
      renewTime: '2026-03-01T10:00:00.000000Z',
      leaseTransitions: 0,
    });
    expect(claimedLease({ ...claim, identity: 'a' }, heldByA, later).spec).toMatchObject({
      acquireTime: '2026-03-01T10:00:00.000000Z',
      renewTime: '2026-03-01T10:00:05.000000Z',
      leaseTransitions: 0,
    });
    expect(claimedLease(claim, heldByA, later).spec).toMatchObject({
      holderIdentity: 'b',
      acquireTime: '2026-03-01T10:00:05.000000Z',
      leaseTransitions: 1,
    });
  });

  it('carries the resourceVersion that it answers to, so that the cluster compares', () => {
    const found = { ...heldByA, metadata: { ...heldByA.metadata, resourceVersion: '7' } };
    expect(claimedLease(claim, found, now).metadata.resourceVersion).toBe('7');
  });
});
