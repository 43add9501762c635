import { describe, expect, it } from 'vitest';

import type { JournalLine, OperationLine } from '../driver/journal.js';
import {
  answer,
  broken,
  deploymentsHas,
  deploymentsHolds,
  entry,
  fact,
  gatewayHolds,
  HELD,
  holds,
  row,
  sent,
  workload,
} from '../fixture/small-world.js';
import type { World } from '../observe/world.js';

describe('the invariants', () => {
  it('hold for one App that was made once and is shown everywhere', () => {
    expect(broken({})).toEqual([]);
  });

  const register = (...images: [string, OperationLine['phase']][]): OperationLine[] =>
    images.flatMap(([value, phase], index) =>
      sent(phase, {
        ...{ t: 1_000 * (index + 1), op: `${index + 1}` },
        ...{ workload: 'register', kind: index === 0 ? 'create' : 'image', value },
      }),
    );
  const shows = (image: string, ...revisions: string[]): Partial<World> => ({
    answers: [{ ...answer, image, revisions }],
    workloads: [{ ...workload, image }],
  });
  it('I1: the image that was acknowledged last stands, or a newer one of unknown fate; and their order is that of the writer', () => {
    const writes = register(['a', 'acked'], ['b', 'acked'], ['c', 'timeout']);
    const about = (world: Partial<World>): string[] =>
      broken(world, writes).flatMap(({ text }) => (/image/.test(text) ? text : []));
    expect(about(shows('b', 'a', 'b'))).toEqual([]);
    expect(about(shows('c', 'a', 'b', 'c'))).toEqual([]);
    expect(about(shows('a', 'a'))).toEqual([expect.stringContaining('older than one that was acknowledged')]);
    expect(about(shows('b', 'b', 'a'))).toEqual([expect.stringContaining('in another order')]);
    expect(about(shows('b', 'a', 'z', 'b'))).toEqual([expect.stringContaining('in another order')]);
  });

  it('I1: a write of unknown fate may come after a later one only until it has settled', () => {
    const secondSentAfter = (ms: number): OperationLine[] => [
      ...register(['a', 'timeout']),
      ...register(['b', 'acked']).map((line) => ({ ...line, op: '2', kind: 'image' as const, t: line.t + ms })),
    ];
    const about = (ms: number): string[] => broken(shows('a', 'b', 'a'), secondSentAfter(ms)).map(({ text }) => text);
    expect(about(20_000)).toEqual([]);
    expect(about(20_001)).toEqual([
      expect.stringContaining('older than one that was acknowledged'),
      expect.stringContaining('in another order'),
    ]);
  });

  const delivery = {
    endpointId: 'w1',
    ownerId: 'u1',
    eventId: 'e2',
    type: 'deployment_scaling',
    status: 'delivered',
    attempts: 1,
    lastError: null,
  };
  const scaled = fact({ id: 'e2', subject: 'evt.deployments.app.scaled.v1', requestId: '2.1' });
  const withScale: Partial<World> = {
    events: [fact(), scaled],
    activityIds: ['e1', 'e2'],
    feed: [entry, { ...entry, id: '2', eventId: 'e2' }],
  };
  const hook = { id: 'w1', ownerId: 'u1', url: 'http://127.0.0.1/amber', active: true, createdAt: 1_000 };
  const usedKeys = (live: number, told: number): Partial<World> => ({
    used: [{ userId: 'u1', told }],
    keys: Array.from({ length: live + 1 }, (_, number) => ({
      ...{ id: `k${number}`, userId: 'u1', name: `amber-${number}`, revoked: number === 0 },
    })),
  });
  const poll = (version: number): JournalLine => ({
    note: 'poll',
    t: 0,
    reader: 'amber',
    target: 'amber-life-1',
    version,
  });
  const frame = (stream: 'feed' | 'lines', id: string, text = '{}'): JournalLine => ({
    ...{ note: 'frame', t: 0, stream, actor: 'amber', id, type: 'deployment_created', text },
  });
  const said = (number: number | string): JournalLine =>
    frame(
      'lines',
      String(number),
      JSON.stringify({ message: typeof number === 'string' ? number : `chaos line ${number}` }),
    );
  const written = { 'amber-lines': ['chaos line 1', 'chaos line 2', 'chaos line 3'] };
  const threeEntries = ['1', '2', '3'].map((id) => ({ ...entry, id }));

  it.each<[string, string, Partial<World>, JournalLine[]]>([
    ['I1', 'not in the cluster', { answers: [{ ...answer, variables: { A: '1' } }] }, []],
    [
      'I1',
      'replicas',
      { workloads: [{ ...workload, replicas: 2, readyReplicas: 2, updatedReplicas: 2, totalReplicas: 2 }] },
      [],
    ],
    ['I1', 'left behind', { namespaces: [{ name: 'ce-gone', appId: 'a9' }] }, []],
    ['I1', '0 Deployments', { workloads: [], answers: [{ ...answer, status: 'failed' }] }, []],
    ['I2', 'more than one app', { apps: [row, { ...row, id: 'a2' }] }, []],
    ['I2', 'in the feed 0 times', { feed: [] }, []],
    ['I2', 'in the feed 2 times', { feed: [entry, { ...entry, id: '2' }] }, []],
    ['I2', 'not in the activity journal', { activityIds: [] }, []],
    ['I2', 'was never to be delivered', { ...withScale, endpoints: [hook] }, []],
    [
      'P7',
      '503 without Retry-After',
      {},
      sent('error', { op: '9', requestId: '9.1', wrong: '503 without Retry-After' }).slice(1),
    ],
    [
      'I2',
      'is stored 2 times',
      {
        ...withScale,
        endpoints: [hook],
        deliveries: [delivery, delivery],
        received: [{ at: 0, manner: 'well', path: '/amber', webhookId: 'e2', body: '' }],
      },
      [],
    ],
    ['I2', 'never arrived', { ...withScale, deliveries: [delivery] }, []],
    [
      'I2',
      'never arrived',
      {
        ...withScale,
        endpoints: [hook, { ...hook, id: 'w2', url: 'http://127.0.0.1/amber/2' }],
        deliveries: [delivery, { ...delivery, endpointId: 'w2' }],
        received: [{ at: 0, manner: 'well', path: '/amber', webhookId: 'e2', body: '' }],
      },
      [],
    ],
    [
      'I2',
      'is pending after 0 attempts: null',
      {
        endpoints: [hook],
        deliveries: [{ ...delivery, status: 'pending', attempts: 0 }],
      },
      [],
    ],
    [
      'I5',
      'was given web:1 for amber-register-1 after web:2',
      {
        images: { 'amber-register-1': ['web:1', 'web:2', 'web:1'] },
        answers: [answer, { ...answer, id: 'a0', name: 'amber-register-1', revisions: ['web:1', 'web:2'] }],
        workloads: [workload, { ...workload, appId: 'a0' }],
        apps: [row],
      },
      [],
    ],
    [
      'I2',
      'belongs to no delivery',
      { received: [{ at: 0, manner: 'well', path: '/amber', webhookId: 'e7', body: '' }] },
      [],
    ],
    [
      'I2',
      'two bodies',
      {
        ...withScale,
        endpoints: [hook],
        deliveries: [delivery],
        received: ['a', 'b'].map((body) => ({ at: 0, manner: 'well', path: '/amber', webhookId: 'e2', body })),
      },
      [],
    ],
    ['I3', 'never left the outbox', { events: [fact({ sent: false })] }, []],
    ['I3', 'buried', { deadLetters: [{ service: 'logs', subject: 'evt.x', reason: 'exhausted', text: 'why' }] }, []],
    ['I1', 'the cluster runs web:9', { workloads: [{ ...workload, image: 'web:9' }] }, []],
    ['I4', 'cannot be read: a1', { answers: [answer, { ...answer, name: '', status: 'absent' }] }, []],
    ['I7', 'is listed to birch', { answers: [answer, { ...answer, reader: 'birch', name: '' }] }, []],
    ['I4', 'called stopped', { answers: [{ ...answer, status: 'stopped' }] }, []],
    ['I4', 'has no Deployment', { answers: [answer, { ...answer, id: 'a2', name: 'other' }] }, []],
    ['I4', 'called running', { workloads: [{ ...workload, readyReplicas: 0 }] }, []],
    ['I4', 'called failed', { answers: [{ ...answer, status: 'failed' }] }, []],
    ['I4', 'should have come to an end', { answers: [{ ...answer, status: 'updating' }] }, []],
    ['I5', 'at version 3 and then at 2', {}, [poll(3), poll(2)]],
    ['I5', 'logs keeps version 1', { events: [fact({ appVersion: 2 })], audiences: [{ appId: 'a1', version: 1 }] }, []],
    [
      'I7',
      'given something of birch',
      {},
      [{ note: 'leak', t: 0, actor: 'amber', canary: 'birch', where: '/v1/deployments' }],
    ],
    [
      'I7',
      'arrived at /birch',
      {
        ...withScale,
        endpoints: [{ ...hook, url: 'http://127.0.0.1/birch' }],
        deliveries: [delivery],
        received: [{ at: 0, manner: 'well', path: '/birch', webhookId: 'e2', body: '{"app_name":"amber-life-1"}' }],
      },
      [],
    ],
    [
      'P5',
      'again or too late',
      { feed: threeEntries, events: [] },
      [frame('feed', '1'), frame('feed', '3'), frame('feed', '2')],
    ],
    ['P5', 'left out 1, the first 2', { feed: threeEntries, events: [] }, [frame('feed', '1'), frame('feed', '3')]],
    ['I8', 'sessions of deployments with the database: 17', holds(deploymentsHas(17)), []],
    ['I8', 'connections to the cluster: 20', holds({ clusterConnections: 20 }), []],
    ['I8', 'open files of deployments, cluster: 42', deploymentsHolds(42), []],
    ['I8', 'consumers of the broker: 9', holds({ consumers: 9 }), []],
    ['I8', 'open files of gateway, clients: 92', gatewayHolds(62, 50), []],
    ['I8', 'MiB that gateway keeps: 119', gatewayHolds(50, 69), []],
    ['I1', 'has 101 API keys, more than 100', usedKeys(101, 101), []],
    ['I1', 'is told of 3 API keys, and has 2', usedKeys(2, 3), []],
    ['S3', 'was ended', {}, [{ note: 'wrong', t: 0, text: 'the session of amber was ended' }]],
    ['P5', 'line 2 again or too late', { written }, [said(1), said(2), said(2), said(3)]],
    ['P5', 'left out 1 of 3 lines and told of 0', { written }, [said(1), said(3)]],
  ])('%s fails: %s', (invariant, text, world, journal) => {
    expect(broken(world, [...sent('acked'), ...journal])).toEqual([{ invariant, text: expect.stringContaining(text) }]);
  });

  it('I1: the number of replicas is that of the last acknowledged scale, or one of unknown fate', () => {
    const scale = (op: number, value: string, phase: OperationLine['phase']): OperationLine[] =>
      sent(phase, { t: 1_000 * op, op: String(op), requestId: `${op}.1`, kind: 'scale', value });
    const has = (replicas: number, ...journal: OperationLine[][]): string[] =>
      broken({ apps: [{ ...row, replicas }] }, [...sent('acked'), ...journal.flat()]).flatMap(({ text }) =>
        text.includes('was scaled') ? text : [],
      );
    expect(has(1, scale(2, '2', 'timeout'))).toEqual([]);
    expect(has(1, scale(2, '2', 'acked'))).toEqual(['amber-life-1 has 1 replicas, and was scaled to 2']);
    expect(has(2, scale(2, '2', 'acked'), scale(3, '3', 'timeout'))).toEqual([]);
    expect(has(2, scale(2, '2', 'acked'), scale(3, '3', 'acked'))).toEqual([
      'amber-life-1 has 2 replicas, and was scaled to 3',
    ]);
  });

  it('P7: every operation is answered in time, where the row asks for it', () => {
    const journal = sent('timeout', { op: '2', requestId: '2.1' });
    const within = (answersWithinMs: number | undefined): string[] =>
      broken({}, [...sent('acked'), ...journal], answersWithinMs).map(({ text }) => text);
    expect(within(undefined)).toEqual([]);
    expect(within(100)).toEqual([]);
    expect(within(99)).toEqual([
      'operation 1 (create) was acked after 0.1 s',
      'operation 2 (create) was timeout after 0.1 s',
    ]);
  });

  it('I2: what was before a webhook is not told by it', () => {
    const missing = (createdAt: number): number =>
      broken({ ...withScale, endpoints: [{ ...hook, createdAt }] }).filter(({ text }) => text.includes('never to be'))
        .length;
    expect([missing(3_999), missing(4_000), missing(6_000)]).toEqual([1, 0, 0]);
  });

  it('I8: as many connections to the cluster as are at work at once are nothing that is kept', () => {
    expect(broken(deploymentsHolds(41), sent('acked'))).toEqual([]);
  });

  it('I1: ask only of Apps with one writer that their images come in order', () => {
    const writes = register(['a', 'acked'], ['b', 'acked']).map((line) => ({ ...line, workload: 'lifecycle' }));
    expect(broken(shows('a', 'b', 'a'), writes).filter(({ invariant }) => invariant === 'I1')).toEqual([]);
  });

  it('I4: a stopped App has no pod left', () => {
    const none = { replicas: 0, readyReplicas: 0, updatedReplicas: 0, totalReplicas: 0 };
    const stopped = (more: object): Partial<World> => ({
      apps: [{ ...row, stopped: true }],
      answers: [{ ...answer, status: 'stopped' }],
      workloads: [{ ...workload, ...none, ...more }],
    });
    expect(broken(stopped({}))).toEqual([]);
    expect(broken(stopped({ totalReplicas: 1 }))).toEqual([expect.objectContaining({ invariant: 'I4' })]);
  });

  it('I8: a pool that is in use is not held against its service', () => {
    expect(broken(holds(deploymentsHas(16)))).toEqual([]);
  });

  it('I8: what goes from one replica to the other is not held twice, and a reconciler may keep a little of each App', () => {
    const moved = { ...HELD.replicas, 'gateway-1': { openFiles: { clients: 30 }, heldMiB: 50, residentMiB: 0 } };
    const swapped = holds({
      replicas: { ...moved, 'gateway-2': { openFiles: { clients: 50 }, heldMiB: 50, residentMiB: 0 } },
    });
    expect(broken(swapped)).toEqual([]);
    const reconciler = (heldMiB: number): Partial<World> =>
      holds({
        replicas: {
          ...HELD.replicas,
          'deployments-1': { openFiles: { cluster: 30, database: 10 }, heldMiB, residentMiB: 100 },
        },
      });
    const many = Array.from({ length: 1_000 }, (_, number) => ({
      ...row,
      id: `a${number}`,
      name: `amber-life-${number}`,
    }));
    expect(broken({ ...reconciler(100), apps: many })).toEqual([]);
    expect(broken({ ...reconciler(110), apps: many })).toEqual([expect.objectContaining({ invariant: 'I8' })]);
    expect(broken(reconciler(100))).toEqual([expect.objectContaining({ invariant: 'I8' })]);
  });

  it('I7: a webhook belongs to its owner wherever that has subscribed anew', () => {
    const received = [
      { at: 0, manner: 'well', path: '/amber/2', webhookId: 'e2', body: '{"app_name":"amber-life-1"}' },
    ];
    expect(
      broken({
        ...withScale,
        endpoints: [{ ...hook, url: 'http://127.0.0.1/amber/2' }],
        deliveries: [delivery],
        received,
      }),
    ).toEqual([]);
  });

  it("P5: entries of others, those that no dialect shows, and a gap's own frame are not asked for", () => {
    const feed = [
      ...threeEntries,
      { ...entry, userId: 'u2', id: '4' },
      { ...entry, id: '5', fact: 'deployments.app.deleting' },
    ];
    const gap = { ...frame('feed', ''), type: 'replay_gap' } as JournalLine;
    const frames = [frame('feed', '1'), gap, frame('feed', '2'), frame('feed', '3')];
    expect(
      broken({ feed, events: [] }, [...sent('acked'), ...frames]).filter(({ invariant }) => invariant === 'P5'),
    ).toEqual([]);
  });

  it('P5: a gap that is told is none', () => {
    expect(broken({ written }, [...sent('acked'), said(1), said('1 lines dropped'), said(3)])).toEqual([]);
  });
});
