import { describe, expect, it } from 'vitest';

import type { World } from './observe/world.js';
import { onlyTheLeaderWrites, receiversAreFeared, retriesAreSlow, rows, secondsFor } from './rows.js';

type Write = World['clusterWrites'][number];
type Webhook = World['received'][number];

const record = (world: Partial<World>) => ({
  ...{ world: world as World, flooded: [] as number[], faults: [] as string[], slack: 1 },
});

describe('a row', () => {
  it('lasts as long as so many faults need, and a minute at least', () => {
    expect(rows.F1 && [secondsFor(rows.F1, 20), secondsFor(rows.F1, 1_000)]).toEqual([60, 3_000]);
    expect(rows.P6 && secondsFor(rows.P6, 0)).toBe(60);
  });
});

describe('what writes to the cluster', () => {
  const lease = (replica: string, at: number): Write => ({ at, replica, what: 'update leases', isLease: true });
  const apply = (replica: string, at: number): Write => ({
    ...{ at, replica, what: 'apply deployments ce-a/a', isLease: false },
  });
  const wrong = (...clusterWrites: Write[]): string[] => onlyTheLeaderWrites(record({ clusterWrites }));

  it('is the one who leads', () => {
    expect(wrong(lease('a', 0), apply('a', 14_000), lease('b', 30_000), apply('b', 30_001))).toEqual([]);
  });

  it('is told when it wrote under an old lease: taken over, run out, or never had', () => {
    expect(wrong(lease('a', 0), lease('b', 16_000), apply('a', 16_001))).toEqual([
      'a wrote under its old lease: apply deployments ce-a/a; b leads',
    ]);
    expect(wrong(lease('a', 0), apply('a', 15_001))).toEqual([expect.stringContaining('15.0 s after it had renewed')]);
    expect(wrong(apply('a', 0))).toEqual([expect.stringContaining('nobody leads')]);
  });

  it('may make the namespace of the lease before it leads', () => {
    expect(wrong({ ...apply('a', 0), what: 'apply namespaces /slipway-system' })).toEqual([]);
    expect(wrong({ ...apply('a', 0), what: 'apply namespaces /ce-slipway-system' })).toHaveLength(1);
  });
});

describe('webhook receivers', () => {
  const came = (at: number, manner: string, more: Partial<Webhook> = {}): Webhook => ({
    ...{ at, manner, path: '/amber', webhookId: 'e1', body: '', ...more },
  });
  const wrong = (received: Webhook[], more: Partial<World> = {}, flooded: number[] = []): string[] =>
    receiversAreFeared({ ...record({ received, endpoints: [], ...more }), flooded });

  it('that fail are asked again after four seconds and more', () => {
    expect(wrong([came(0, 'failing'), came(4_000, 'well')])).toEqual([]);
    expect(wrong([came(0, 'failing'), came(3_900, 'well')])).toEqual([expect.stringContaining('again after 3.9 s')]);
    // Another event, and another receiver, are no second try.
    expect(
      wrong([came(0, 'failing'), came(1, 'well', { webhookId: 'e2' }), came(2, 'well', { path: '/birch' })]),
    ).toEqual([]);
  });

  it('that ask for patience are given it', () => {
    expect(wrong([came(0, 'limiting'), came(12_000, 'well')])).toEqual([]);
    expect(wrong([came(0, 'limiting'), came(11_900, 'well')])).toEqual([expect.stringContaining('as limiting')]);
  });

  it('that are gone have their webhook disabled, and only that', () => {
    const endpoint = (url: string, active: boolean) => ({ id: url, ownerId: 'u1', url, active, createdAt: 0 });
    const gone = [came(0, 'gone')];
    const endpoints = [endpoint('http://127.0.0.1:1/amber', false), endpoint('http://127.0.0.1:1/amber/1', true)];
    expect(wrong(gone, { endpoints })).toEqual([]);
    expect(wrong(gone, { endpoints: [endpoint('http://127.0.0.1:1/amber', true)] })).toEqual([
      'the webhook at /amber was answered with 410 and is still active',
    ]);
  });

  it('are sent so much that the faults have met something', () => {
    const faults = ['the receiver of amber: slow, 9 ms'];
    const sent = (manner: string) => {
      const received = Array.from({ length: 124 }, (_, number) => came(0, manner, { webhookId: `e${number}` }));
      return { ...record({ received, endpoints: [] }), faults };
    };
    expect(receiversAreFeared(sent('slow'))).toEqual(['124 deliveries arrived, and 125 were wanted']);
    expect(receiversAreFeared({ ...sent('slow'), slack: 2 })).toEqual([]);
    expect(receiversAreFeared({ ...sent('well'), slack: 2 })).toEqual(['nothing met a receiver that was slow']);
  });

  it('are not followed elsewhere, and not listened to for ever', () => {
    expect(wrong([came(0, 'well', { path: '/followed' })])).toEqual(['1 redirects were followed']);
    expect(wrong([], {}, [9 * 1024 * 1024])).toEqual([expect.stringContaining('bytes of an answer were taken')]);
  });
});

describe('retries of a failing App', () => {
  const wrong = (...retries: [at: number, retryMs: number][]): string[] =>
    retriesAreSlow({ retries: retries.map(([at, retryMs]) => ({ at, appId: 'a1', retryMs })) });

  it('are there, and come after pauses that grow', () => {
    expect(wrong()).toEqual(['no App failed, so none was tried again']);
    expect(wrong([0, 900], [950, 1_800], [2_800, 3_300], [6_200, 7_000], [13_500, 14_000])).toEqual([]);
  });

  it('may begin anew after a success', () => {
    expect(wrong([0, 900], [950, 900], [1_900, 900], [9_000, 900], [9_950, 1_800])).toEqual([]);
  });

  it('never come within a second', () => {
    expect(wrong([0, 200], [210, 200])).toEqual(['the failing app a1 was tried more than once a second']);
  });

  it('are not always after the same pause', () => {
    const constant = [0, 1, 2, 3, 4].map((n): [number, number] => [n * 2_000, 2_000]);
    expect(wrong(...constant)).toEqual(['the failing app a1 was tried 4 times, always after the same pause']);
  });
});
