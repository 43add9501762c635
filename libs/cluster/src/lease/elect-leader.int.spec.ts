import type { ServerResponse } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { json, ScriptedCluster, statusObject, waitFor } from '../fixture/scripted-cluster.js';
import { connectCluster, type Cluster } from '../cluster.js';
import type { LeaderElection, LeaseOptions } from './elect-leader.js';
import type { Lease } from './lease-record.js';

/** One Lease with the cluster's compare-and-swap, and replies that a test can lose or refuse. */
class LeaseStore {
  lease: Lease | undefined;
  private version = 0;
  /** Answers a write after it was stored; by default with the lease. */
  answer: (response: ServerResponse, stored: Lease) => void = (response, stored) => json(response, 200, stored);

  constructor(cluster: ScriptedCluster) {
    cluster.reply = (response, { method }, body) => {
      const sent = body === '' ? undefined : (JSON.parse(body) as Lease);
      if (method === 'GET') {
        return this.lease ? json(response, 200, this.lease) : json(response, 404, statusObject(404, 'NotFound'));
      }
      const expected = this.lease?.metadata.resourceVersion;
      if (
        sent === undefined ||
        sent.metadata.resourceVersion !== expected ||
        (method === 'POST') !== (expected === undefined)
      ) {
        return json(response, 409, statusObject(409, method === 'POST' ? 'AlreadyExists' : 'Conflict'));
      }
      this.version += 1;
      this.lease = { ...sent, metadata: { ...sent.metadata, resourceVersion: String(this.version) } };
      return this.answer(response, this.lease);
    };
  }

  get holder(): string | undefined {
    return this.lease?.spec?.holderIdentity;
  }
}

describe('electLeader', () => {
  let scripted: ScriptedCluster;
  let store: LeaseStore;
  let cluster: Cluster;
  let told: string[];
  beforeEach(async () => {
    scripted = await new ScriptedCluster().start();
    store = new LeaseStore(scripted);
    cluster = connectCluster(scripted.connection());
    told = [];
  });
  afterEach(async () => {
    await cluster.close();
    await scripted.stop();
  });

  function elect(identity: string, more: Partial<LeaseOptions> = {}): LeaderElection {
    return cluster.lease({
      namespace: 'slipway-system',
      name: 'deployments',
      identity,
      durationSeconds: 0.6,
      onAcquired: () => told.push(`${identity} acquired`),
      onLost: () => told.push(`${identity} lost`),
      ...more,
    });
  }

  it('tells whoever waits who leads, once for each leader', async () => {
    const holders: string[] = [];
    const a = elect('a');
    await waitFor(() => a.isLeader());
    const waiting = elect('c', { onHeld: (holder) => holders.push(holder) });
    await waitFor(() => holders.length > 0);
    const version = (): number => Number(store.lease?.metadata.resourceVersion);
    const renewed = version();
    await waitFor(() => version() > renewed + 3);
    expect(holders).toEqual(['a']);
    await a.close();
    await waitFor(() => waiting.isLeader());
    await waiting.close();
    expect(holders).toEqual(['a']);
  });

  it('lets one lead and the other wait until the first gives up, which takes no expiry', async () => {
    const a = elect('a', { durationSeconds: 3 });
    await waitFor(() => a.isLeader());
    const b = elect('b', { durationSeconds: 3 });
    const renewed = store.lease?.metadata.resourceVersion;
    await waitFor(() => store.lease?.metadata.resourceVersion !== renewed);
    expect([a.isLeader(), b.isLeader(), store.holder]).toEqual([true, false, 'a']);
    const startedAt = performance.now();
    await a.close();
    expect(a.isLeader()).toBe(false);
    await waitFor(() => b.isLeader());
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(told).toEqual(['a acquired', 'a lost', 'b acquired']);
    expect(store.lease?.spec?.leaseTransitions).toBe(1);
  });

  it('takes over from a leader that died, once the lease has stood unchanged for its duration', async () => {
    store.lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'deployments', resourceVersion: 'dead' },
      // Its clock is a day ahead of ours, which must not matter.
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 1, renewTime: '2999-01-01T00:00:00.000000Z' },
    };
    const startedAt = performance.now();
    const b = elect('b');
    await waitFor(() => b.isLeader());
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  });

  it('stops leading in time when renewals get no answer, and leads again when they do', async () => {
    const a = elect('a', { durationSeconds: 2 });
    await waitFor(() => a.isLeader());
    store.answer = () => undefined;
    await waitFor(() => !a.isLeader());
    const lostAt = performance.now();
    await waitFor(() => told.includes('a lost'));
    // Sooner than the renewal on its way gives up.
    expect(performance.now() - lostAt).toBeLessThan(100);
    store.answer = (response, stored) => json(response, 200, stored);
    await waitFor(() => a.isLeader());
    expect(told).toEqual(['a acquired', 'a lost', 'a acquired']);
  });

  it('goes on leading when one renewal arrived although its answer did not', async () => {
    const errors: string[] = [];
    const a = elect('a', { durationSeconds: 2, onError: (error) => errors.push(error.kind) });
    await waitFor(() => a.isLeader());
    store.answer = (response) => {
      store.answer = (next, stored) => json(next, 200, stored);
      response.destroy();
    };
    await waitFor(() => errors.length === 1);
    const renewed = store.lease?.metadata.resourceVersion;
    await waitFor(() => store.lease?.metadata.resourceVersion !== renewed);
    expect(a.isLeader()).toBe(true);
    expect(told).toEqual(['a acquired']);
  });

  it.each(['monotonicMs', 'wallMs'] as const)('does not act after a sleep that only %s noticed', async (clock) => {
    const jump = { monotonicMs: 0, wallMs: 0 };
    const clocks = {
      monotonicMs: () => performance.now() + jump.monotonicMs,
      wallMs: () => Date.now() + jump.wallMs,
    };
    const a = elect('a', { durationSeconds: 15, clocks });
    await waitFor(() => a.isLeader());
    jump[clock] = 9_000;
    expect(a.isLeader()).toBe(true);
    jump[clock] = 10_000;
    expect(a.isLeader()).toBe(false);
  });

  it('yields to whoever took the lease by force', async () => {
    const a = elect('a', { durationSeconds: 6 });
    await waitFor(() => a.isLeader());
    const takenAt = performance.now();
    const { lease } = store;
    store.lease = lease && {
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: 'forced' },
      spec: { holderIdentity: 'b', leaseDurationSeconds: 60 },
    };
    await waitFor(() => told.includes('a lost'));
    // At the next look, which is sooner than the old claim runs out.
    expect(performance.now() - takenAt).toBeLessThan(3_000);
    expect(store.holder).toBe('b');
    await a.close();
    expect(store.holder).toBe('b');
  });

  it('closes soon while the cluster is silent', async () => {
    const a = elect('a', { durationSeconds: 15 });
    await waitFor(() => a.isLeader());
    await scripted.stop();
    const startedAt = performance.now();
    await a.close();
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(told).toEqual(['a acquired', 'a lost']);
    await scripted.start();
  });
});
