import { describe, expect, it } from 'vitest';

import type { JournalLine, OperationLine } from '../driver/journal.js';
import type { AppAnswer, AppRow, EventRow, WorkloadObject, World } from '../observe/world.js';
import type { Violation } from './invariants.js';
import { judge } from './judge.js';

const IMAGE = 'registry.example.org/web:1';
const HELD = {
  databaseSessions: 40,
  consumers: 8,
  clusterConnections: 10,
  replicas: { 'gateway-1': { openFiles: 50, residentMiB: 100 } },
};
const holds = (more: Partial<typeof HELD>): Partial<World> => ({
  resources: { before: HELD, quiet: { ...HELD, ...more }, after: { ...HELD, ...more } },
});
const QUIET: World = {
  at: 0,
  apps: [],
  events: [],
  keys: [],
  activityIds: [],
  feed: [],
  endpoints: [],
  deliveries: [],
  audiences: [],
  deadLetters: [],
  answers: [],
  workloads: [],
  namespaces: [],
  received: [],
  sightings: {},
  written: {},
  resources: { before: HELD, quiet: HELD, after: HELD },
};

/** A send of an operation and its answer. */
function sent(phase: OperationLine['phase'] | 'nothing', more: Partial<OperationLine> = {}): OperationLine[] {
  const line: OperationLine = {
    note: 'operation',
    t: 1_000,
    op: '1',
    actor: 'amber',
    dialect: 'container-engine',
    workload: 'lifecycle',
    kind: 'create',
    target: 'amber-life-1',
    value: IMAGE,
    requestId: '1.1',
    phase: 'sent',
    ...more,
  };
  return [
    { ...line, phase: 'sent', answer: undefined },
    ...(phase === 'nothing' ? [] : [{ ...line, t: 1_100, phase }]),
  ];
}

const fact = (more: Partial<EventRow> = {}): EventRow => ({
  service: 'deployments',
  id: 'e1',
  subject: 'evt.deployments.app.created.v1',
  requestId: '1.1',
  appId: 'a1',
  appName: 'amber-life-1',
  appVersion: 1,
  ownerId: 'u1',
  sent: true,
  ...more,
});
const entry = { userId: 'u1', id: '1', eventId: 'e1', fact: 'deployments.app.created' };
const row: AppRow = {
  id: 'a1',
  name: 'amber-life-1',
  ownerId: 'u1',
  namespace: 'ce-amber-life-1',
  version: 1,
  revision: 1,
  generation: 1,
  observedGeneration: 1,
  phase: 'running',
  reason: '',
  stopped: false,
  replicas: 1,
};
const answer: AppAnswer = {
  id: 'a1',
  reader: 'amber',
  name: 'amber-life-1',
  status: 'running',
  image: IMAGE,
  reason: null,
  replicas: 1,
  variables: {},
  revisions: [IMAGE],
};
const workload: WorkloadObject = {
  namespace: 'ce-amber-life-1',
  name: 'amber-life-1',
  appId: 'a1',
  image: IMAGE,
  variables: {},
  replicas: 1,
  readyReplicas: 1,
  updatedReplicas: 1,
  totalReplicas: 1,
  generation: 1,
  observedGeneration: 1,
};
/** One App, made once and shown everywhere. */
const ONE_APP: World = {
  ...QUIET,
  apps: [row],
  events: [fact()],
  activityIds: ['e1'],
  feed: [entry],
  answers: [answer],
  workloads: [workload],
  namespaces: [{ name: 'ce-amber-life-1', appId: 'a1' }],
};

const tenants = [
  { canary: 'amber', userId: 'u1' },
  { canary: 'birch', userId: 'u2' },
];
const judged = (journal: readonly JournalLine[], world: World) =>
  judge({ journal, world, tenants, expectedLetters: [] });

/** The one verdict there is. */
function verdict(journal: readonly JournalLine[], world: World): string {
  const [[name] = ['none']] = Object.entries(judged(journal, world).totals).filter(([, count]) => count > 0);
  return name;
}

const broken = (world: Partial<World>, journal: readonly JournalLine[] = sent('acked')): readonly Violation[] =>
  judged(journal, { ...ONE_APP, ...world }).violations;

describe('the verdict on an operation', () => {
  const twice: World = { ...ONE_APP, events: [fact(), fact({ id: 'e2' })], activityIds: ['e1', 'e2'] };
  const late: World = { ...ONE_APP, sightings: { 1: { absentAt: 1_000 + 20_001 } } };
  const vanished: World = { ...QUIET, sightings: { 1: { absentAt: 900 } } };
  const inTime: World = { ...ONE_APP, sightings: { 1: { absentAt: 1_000 + 19_999 } } };
  it.each([
    ['ok', 'acknowledged, and there once', sent('acked'), ONE_APP],
    ['ok', 'refused, and not there', sent('refused'), QUIET],
    ['unknown', 'timed out, and there once', sent('timeout'), ONE_APP],
    ['unknown', 'cut, and not there', sent('error'), QUIET],
    ['unknown', 'never answered, and not there', sent('nothing'), QUIET],
    ['unknown', 'timed out, and seen in time', sent('timeout'), inTime],
    ['lost', 'acknowledged, and not there', sent('acked'), QUIET],
    ['duplicate', 'acknowledged, and there twice', sent('acked'), twice],
    ['duplicate', 'cut, and there twice', sent('error'), twice],
    ['partial', 'cut, and there without its fact', sent('error'), { ...ONE_APP, events: [], activityIds: [] }],
    ['partial', 'acknowledged, and its fact is not in the journal', sent('acked'), { ...ONE_APP, activityIds: [] }],
    ['late', 'timed out, seen meanwhile, and gone in the end', sent('timeout'), vanished],
    ['lost', 'acknowledged, seen meanwhile, and gone in the end', sent('acked'), vanished],
    ['phantom', 'refused, and there all the same', sent('refused'), ONE_APP],
    ['late', 'timed out, absent long after its deadline, and there in the end', sent('timeout'), late],
  ] as const)('is %s: %s', (expected, _, journal, world) => {
    expect(verdict(journal, world)).toBe(expected);
  });

  const key = { kind: 'key', target: 'amber-key-1', value: 'amber-key-1' } as const;
  const keys = [{ id: 'k1', name: 'amber-key-1', revoked: false }];
  it('takes all sends of one Idempotency-Key for one operation, which was acknowledged when one of them was', () => {
    const sends = [...sent('acked', { ...key, answer: 'k1' }), ...sent('error', { ...key, requestId: '1.2' })];
    expect(verdict(sends, { ...QUIET, keys })).toBe('ok');
    expect(verdict(sends, QUIET)).toBe('lost');
  });

  it('is unknown when one send was refused and another was cut', () => {
    const sends = [...sent('refused', key), ...sent('error', { ...key, requestId: '1.2' })];
    expect(verdict(sends, { ...QUIET, keys })).toBe('unknown');
  });

  it('does not take another key for the one that was revoked', () => {
    const revoked = { id: 'k2', name: 'amber-key-2', revoked: true };
    const events = [fact({ subject: 'evt.identity.credential.revoked.v1' })];
    expect(
      verdict(sent('acked', { ...key, kind: 'revoke', value: 'k1' }), { ...QUIET, events, keys: [...keys, revoked] }),
    ).toBe('partial');
  });

  it('is duplicate when two answers under one key differ, and when the thing is there twice', () => {
    const sends = [
      ...sent('acked', { ...key, answer: 'k1' }),
      ...sent('acked', { ...key, requestId: '1.2', answer: 'k2' }),
    ];
    expect(verdict(sends, { ...QUIET, keys })).toBe('duplicate');
    expect(verdict(sent('acked', key), { ...QUIET, keys: [...keys, ...keys] })).toBe('duplicate');
  });

  const about = { target: 'amber-life-1' } as const;
  const updated = fact({ subject: 'evt.deployments.app.updated.v1' });
  const told = { ...ONE_APP, events: [updated] };
  it.each([
    ['set', 'V_1=amber-1', { ...told, answers: [{ ...answer, variables: { V_1: 'amber-1' } }] }, told],
    ['image', 'web:2', { ...told, answers: [{ ...answer, revisions: [IMAGE, 'web:2'] }] }, told],
    [
      'scale',
      '2',
      { ...ONE_APP, events: [fact({ subject: 'evt.deployments.app.scaled.v1' })] },
      { ...ONE_APP, events: [] },
    ],
    [
      'restart',
      '',
      { ...ONE_APP, events: [fact({ subject: 'evt.deployments.app.restarted.v1' })] },
      { ...ONE_APP, events: [] },
    ],
    [
      'delete',
      '',
      { ...QUIET, events: [fact({ subject: 'evt.deployments.app.deleting.v1' })], activityIds: ['e1'] },
      { ...ONE_APP, events: [fact({ subject: 'evt.deployments.app.deleting.v1' })] },
    ],
    [
      'revoke',
      'k1',
      {
        ...QUIET,
        events: [fact({ subject: 'evt.identity.credential.revoked.v1' })],
        keys: [{ id: 'k1', name: 'amber-life-1', revoked: true }],
      },
      { ...QUIET, events: [], keys: [{ id: 'k1', name: 'amber-life-1', revoked: false }] },
    ],
  ] as const)('looks for a %s where it leaves its mark', (kind, value, there, missing) => {
    expect(verdict(sent('acked', { ...about, kind, value }), there)).toBe('ok');
    expect(['lost', 'partial']).toContain(verdict(sent('acked', { ...about, kind, value }), missing));
  });

  it('does not look for an App that a later operation took away', () => {
    const gone: World = {
      ...QUIET,
      events: [fact(), fact({ id: 'e2', requestId: '2.1', subject: 'evt.deployments.app.deleting.v1' })],
      activityIds: ['e1', 'e2'],
    };
    const life = [...sent('acked'), ...sent('acked', { op: '2', requestId: '2.1', kind: 'delete', value: '' })];
    expect(judged(life, gone).totals).toMatchObject({ ok: 2 });
  });
});

describe('the invariants', () => {
  it('hold for one App that was made once and is shown everywhere', () => {
    expect(broken({})).toEqual([]);
  });

  const register = (...images: [string, OperationLine['phase']][]): OperationLine[] =>
    images.flatMap(([value, phase], index) =>
      sent(phase, { op: `${index + 1}`, workload: 'register', kind: index === 0 ? 'create' : 'image', value }),
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
    expect(about(shows('b', 'a', 'c', 'b'))).toEqual([expect.stringContaining('in another order')]);
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
    ['I2', 'was never to be delivered', { ...withScale, endpoints: [{ id: 'w1', ownerId: 'u1', active: true }] }, []],
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
        deliveries: [delivery, delivery],
        received: [{ at: 0, manner: 'well', path: '/amber', webhookId: 'e2', body: '' }],
      },
      [],
    ],
    ['I2', 'never arrived', { ...withScale, deliveries: [delivery] }, []],
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
    ['I8', 'sessions of the database: 60', holds({ databaseSessions: 60 }), []],
    ['I8', 'connections to the cluster: 20', holds({ clusterConnections: 20 }), []],
    ['I8', 'consumers of the broker: 9', holds({ consumers: 9 }), []],
    [
      'I8',
      'open files of gateway-1: 80',
      holds({ replicas: { 'gateway-1': { openFiles: 80, residentMiB: 100 } } }),
      [],
    ],
    [
      'I8',
      'MiB of memory of gateway-1: 400',
      holds({ replicas: { 'gateway-1': { openFiles: 50, residentMiB: 400 } } }),
      [],
    ],
    ['P5', 'line 2 again or too late', { written }, [said(1), said(2), said(2), said(3)]],
    ['P5', 'left out 1 of 3 lines and told of 0', { written }, [said(1), said(3)]],
  ])('%s fails: %s', (invariant, text, world, journal) => {
    expect(broken(world, [...sent('acked'), ...journal])).toEqual([{ invariant, text: expect.stringContaining(text) }]);
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
