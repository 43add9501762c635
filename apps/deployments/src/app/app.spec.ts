import { type Actor, type ContainerInput, type CreateApp, Phase } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import {
  type App,
  type AppChange,
  deleted,
  isProblem,
  type Limits,
  mayCreateIn,
  newApp,
  ownershipRefusal,
  refusal,
  restarted,
  rolledBack,
  scaledTo,
  started,
  stopped,
  updated,
  variablesSet,
} from './app.js';
import { type Container, registryOf } from './container.js';

const now = new Date('2026-03-01T10:00:00.000Z');
const later = new Date('2026-03-01T10:05:00.000Z');
const limits: Limits = { maxReplicas: 100, maxAppsPerUser: 0 };
const actor: Actor = {
  userId: 'a0000000-0000-4000-8000-000000000001',
  number: 1,
  username: 'kim',
  email: 'kim@example.org',
  teams: [{ id: 'b0000000-0000-4000-8000-000000000001', name: 'web' }],
  admin: false,
  credential: { id: 'c0000000-0000-4000-8000-000000000001', kind: 'api-key', scope: 'full' },
};

function containerInput(given: Partial<ContainerInput> = {}): ContainerInput {
  return {
    name: 'app',
    image: 'shop:1',
    variables: [{ name: 'A', value: '1' }],
    ports: [{ protocol: 'tcp', external: 80, internal: 8080, published: true }],
    ...given,
  };
}

function createInput(given: Partial<CreateApp> = {}): CreateApp {
  return {
    name: 'shop',
    origin: 'container-engine',
    dedicated: { namespacePrefix: 'ce' },
    containers: [containerInput()],
    replicas: 2,
    ...given,
  };
}

const create = (input: CreateApp) =>
  newApp(input, {
    id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    environmentId: '0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b',
    actor,
    now,
    limits,
  });

function made(input: CreateApp = createInput()): { app: App; containers: Container[] } {
  const outcome = create(input);
  if (isProblem(outcome)) throw new Error(outcome.text);
  return outcome;
}

function inPhase(phase: Phase, given: Partial<App> = {}, ready = phase === Phase.running ? 2 : 0): App {
  const { app } = made();
  const counts = { desired: 2, ready, updated: 2, available: ready };
  return { ...app, servedSinceStart: phase === Phase.running, ...given, status: { ...app.status, phase, counts } };
}

function accepted(outcome: AppChange | object): AppChange {
  if (isProblem(outcome)) throw new Error(outcome.text);
  return outcome as AppChange;
}

describe('newApp', () => {
  it('is pending, in generation and version 1, with an id for each container', () => {
    const { app, containers } = made();
    expect(app).toMatchObject({
      generation: 1,
      version: 1,
      revision: 1,
      observedGeneration: 0,
      stopped: false,
      replicas: 2,
    });
    expect(app.status).toMatchObject({
      phase: 'pending',
      reason: '',
      counts: { desired: 2, ready: 0 },
      observedAt: null,
    });
    expect(containers).toEqual([expect.objectContaining({ name: 'app', parentId: null, changes: 0, image: 'shop:1' })]);
  });

  it('keeps the last value of a variable that is given twice, in its first place', () => {
    const variables = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
      { name: 'A', value: '3' },
    ];
    expect(made(createInput({ containers: [containerInput({ variables })] })).containers[0]?.variables).toEqual([
      { name: 'A', value: '3' },
      { name: 'B', value: '2' },
    ]);
  });

  const KIB = 1024;
  const big = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `V${index}`, value: 'x'.repeat(bytes - 2) }));

  it.each<[string, Partial<ContainerInput>, string, string]>([
    ['a pair of 128 KiB', { variables: big(1, 128 * KIB) }, 'containers.0.variables.V0', 'bytes'],
    ['variables of 512 KiB', { variables: big(8, 64 * KIB) }, 'containers.0.variables', 'bytes'],
    [
      'a value in which one character is several bytes',
      { variables: [{ name: 'V', value: 'ä'.repeat(64 * KIB) }] },
      'containers.0.variables.V',
      'bytes',
    ],
    ['NUL in a value', { variables: [{ name: 'V', value: 'a\0b' }] }, 'containers.0.variables.V', 'pattern'],
    [
      'a request above the limit beside it',
      { resources: { cpuRequest: '2', cpuLimit: '1' } },
      'containers.0.resources.cpuRequest',
      'range',
    ],
    [
      'a port that is given twice',
      { ports: [80, 81].map((internal) => ({ protocol: 'tcp', external: 80, internal, published: true })) },
      'containers.0.ports.1.external',
      'pattern',
    ],
  ])('refuses %s', (_, given, path, rule) => {
    expect(create(createInput({ containers: [containerInput(given)] }))).toMatchObject({
      kind: 'invalid',
      issues: [expect.objectContaining({ path, rule, kind: 'value' })],
    });
  });

  it('takes variables just below both limits', () => {
    const variables = [
      ...big(3, 128 * KIB - 1),
      ...big(4, 32 * KIB - 1).map((one) => ({ ...one, name: `W${one.name.slice(1)}` })),
    ];
    expect(isProblem(create(createInput({ containers: [containerInput({ variables })] })))).toBe(false);
  });

  it('refuses two containers of one name, and none', () => {
    expect(create(createInput({ containers: [containerInput(), containerInput()] }))).toMatchObject({
      issues: [{ path: 'containers.1.name' }, { path: 'containers.1.ports.0.external' }],
    });
    expect(create(createInput({ containers: [] }))).toMatchObject({
      issues: [{ path: 'containers', rule: 'required' }],
    });
  });

  it('refuses more replicas than MAX_REPLICAS', () => {
    expect(create(createInput({ replicas: 101 }))).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'replicas', rule: 'range', params: { min: 1, max: 100 } }],
    });
  });
});

describe('ownershipRefusal', () => {
  it('refuses one App more than MAX_DEPLOYMENTS_PER_USER, and none when that is 0', () => {
    const few = { maxReplicas: 100, maxAppsPerUser: 3 };
    expect(ownershipRefusal(2, few)).toBeNull();
    expect(ownershipRefusal(3, few)).toMatchObject({ kind: 'quota_exceeded', facts: { limit: 3 } });
    expect(ownershipRefusal(3000, { ...few, maxAppsPerUser: 0 })).toBeNull();
  });
});

describe('updated', () => {
  const { containers } = made();
  const update = (app: App, input: Parameters<typeof updated>[2]) => updated(app, containers, input, later, limits);

  it('takes variables in another order for the same: they are a map, and nothing reads them in order', () => {
    const pair = made(
      createInput({
        containers: [
          containerInput({
            variables: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          }),
        ],
      }),
    );
    const variables = [
      { name: 'B', value: '2' },
      { name: 'A', value: '1' },
    ];
    const change = updated(pair.app, pair.containers, { containers: [{ variables }] }, later, limits);
    expect(change).toMatchObject({ changed: false, revision: null });
  });

  it('makes a Revision of another image, with a new id for the container', () => {
    const change = accepted(update(inPhase('running'), { containers: [{ image: 'shop:2' }] }));
    expect(change).toMatchObject({ changed: true, changes: ['image'], scaled: null });
    expect(change.app).toMatchObject({ revision: 2, version: 2, generation: 2, imageChanges: 1, changedAt: later });
    expect(change.app.status.phase).toBe('updating');
    expect(change.revision).toEqual({
      cause: 'update',
      containers: [
        expect.objectContaining({
          image: 'shop:2',
          parentId: containers[0]?.id,
          changes: 1,
          variables: [{ name: 'A', value: '1' }],
        }),
      ],
    });
    expect(change.revision?.containers[0]?.id).not.toBe(containers[0]?.id);
  });

  it.each<[string, Parameters<typeof updated>[2], string[]]>([
    ['variables', { containers: [{ variables: [] }] }, ['variables']],
    [
      'order of variables',
      {
        containers: [
          {
            name: 'app',
            variables: [
              { name: 'B', value: '' },
              { name: 'A', value: '1' },
            ],
          },
        ],
      },
      ['variables'],
    ],
    ['port', { containers: [{ ports: [{ protocol: 'tcp', external: 81, internal: 81, published: true }] }] }, ['port']],
    ['resources', { containers: [{ resources: { cpuLimit: '1' } }] }, ['resources']],
    [
      'health check',
      {
        containers: [
          {
            healthCheck: {
              path: '/',
              initialDelaySeconds: 0,
              periodSeconds: 1,
              timeoutSeconds: 1,
              failureThreshold: 1,
            },
          },
        ],
      },
      ['health_check'],
    ],
  ])('makes a Revision of other %s', (_, input, changes) => {
    expect(update(inPhase('running'), input)).toMatchObject({ changed: true, changes, app: { revision: 2 } });
  });

  it.each<[string, Parameters<typeof updated>[2]]>([
    ['nothing', {}],
    [
      'what is so already',
      {
        description: '',
        replicas: 2,
        containers: [{ image: 'shop:1', variables: [{ name: 'A', value: '1' }], resources: {}, healthCheck: null }],
        registryAuth: null,
      },
    ],
  ])('changes nothing, version included, when asked for %s', (_, input) => {
    const app = inPhase('running');
    expect(update(app, input)).toEqual({ app, changed: false, changes: [], revision: null, scaled: null });
  });

  it('moves the version but not the generation for a description', () => {
    const { app, changes, revision } = accepted(update(inPhase('running'), { description: 'the shop' }));
    expect({ changes, revision }).toEqual({ changes: ['description'], revision: null });
    expect(app).toMatchObject({ version: 2, generation: 1, description: 'the shop', status: { phase: 'running' } });
  });

  it('makes no Revision of a registry credential, which the cluster follows all the same', () => {
    const auth = { username: 'kim', password: 'secret', server: 'r.example.org' };
    const set = accepted(update(inPhase('running'), { registryAuth: auth }));
    expect(set).toMatchObject({
      changes: ['registry_auth'],
      revision: null,
      app: { generation: 2, revision: 1, registryAuth: auth },
    });
    expect(updated(set.app, containers, { registryAuth: null }, later, limits)).toMatchObject({
      app: { registryAuth: null },
    });
  });

  it('takes the registry of the image that will run for a credential that names none', () => {
    const auth = { username: 'kim', password: 'secret' };
    const given = (input: Parameters<typeof updated>[2]) =>
      accepted(update(inPhase('running'), { registryAuth: auth, ...input })).app.registryAuth?.server;
    expect(given({})).toBe('docker.io');
    expect(given({ containers: [{ image: 'ghcr.io/shop:2' }] })).toBe('ghcr.io');
    const { app } = made(
      createInput({ containers: [containerInput({ image: 'quay.io/shop:1' })], registryAuth: auth }),
    );
    expect(app.registryAuth).toEqual({ ...auth, server: 'quay.io' });
  });

  it('refuses another name, together with whatever else is wrong, and takes its own', () => {
    expect(update(inPhase('running'), { name: 'store', replicas: 101 })).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'replicas' }, { path: 'name', rule: 'unchangeable', kind: 'value' }],
    });
    expect(update(inPhase('running'), { name: 'shop' })).toMatchObject({ changed: false });
  });

  describe('of the main port', () => {
    const tcp = { protocol: 'tcp', external: 80, internal: 8080 } as const;
    const udp = { protocol: 'udp', external: 53, internal: 53, published: true } as const;
    const admin = { protocol: 'tcp', external: 9000, internal: 9000, published: false } as const;
    const moved = (ports: Container['ports'], mainPort: number) => {
      const { app, containers: before } = made(createInput({ containers: [containerInput({ ports: [...ports] })] }));
      const change = updated(app, before, { containers: [{ mainPort }] }, later, limits);
      return isProblem(change) ? change : (change.revision?.containers[0]?.ports ?? 'unchanged');
    };

    it.each([true, false])('keeps it published or not (%s), and the other ports', (published) => {
      expect(moved([udp, { ...tcp, published }, admin], 81)).toEqual([
        udp,
        { protocol: 'tcp', external: 81, internal: 81, published },
        admin,
      ]);
    });

    it('moves the first published one, and makes one where there is none', () => {
      expect(moved([admin, { ...tcp, published: true }], 81)).toEqual([
        admin,
        { protocol: 'tcp', external: 81, internal: 81, published: true },
      ]);
      expect(moved([udp], 81)).toEqual([udp, { protocol: 'tcp', external: 81, internal: 81, published: true }]);
    });

    it('refuses the number of another port', () => {
      expect(moved([{ ...tcp, published: true }, admin], 9000)).toMatchObject({
        kind: 'invalid',
        issues: [{ path: 'containers.0.ports.1.external' }],
      });
    });
  });

  it('tells of replicas as a scaling, not as a change', () => {
    expect(update(inPhase('running'), { replicas: 5 })).toMatchObject({
      changes: [],
      revision: null,
      scaled: { old: 2, new: 5 },
      app: { replicas: 5, generation: 2, lastAct: 'scale', status: { phase: 'scaling' } },
    });
  });

  it('keeps a stopped App stopped', () => {
    const change = update(inPhase('stopped', { stopped: true }), { replicas: 5, containers: [{ image: 'shop:2' }] });
    expect(change).toMatchObject({
      app: { stopped: true, replicas: 5, status: { phase: 'stopped', counts: { desired: 0 } } },
    });
  });

  it.each<[Phase, number, Phase]>([
    ['pending', 0, 'pending'],
    ['deploying', 0, 'deploying'],
    ['scaling', 1, 'updating'],
    ['failed', 0, 'deploying'],
    ['failed', 2, 'updating'],
  ])('leads from %s with %i ready pods to %s', (from, ready, to) => {
    expect(update(inPhase(from, {}, ready), { containers: [{ image: 'shop:2' }] })).toMatchObject({
      app: { status: { phase: to } },
    });
  });

  it('refuses a container that is not there and limits that are passed, and changes nothing', () => {
    expect(update(inPhase('running'), { containers: [{ name: 'other', image: 'x' }] })).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'containers.0.name' }],
    });
    expect(update(inPhase('running'), { replicas: 101 })).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'replicas' }],
    });
  });
});

describe('variablesSet', () => {
  const { containers } = made(
    createInput({
      containers: [
        containerInput({
          variables: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        }),
      ],
    }),
  );
  const set = (variables: Record<string, string>, unset: string[] = [], given: Partial<App> = {}) =>
    variablesSet(
      inPhase('running', given),
      containers,
      { set: Object.entries(variables).map(([name, value]) => ({ name, value })), unset },
      later,
      limits,
    );

  it('merges, takes away, and makes a Revision of that cause', () => {
    const change = accepted(set({ B: '3', C: '' }, ['A', 'X']));
    expect(change).toMatchObject({ changed: true, changes: ['variables'], revision: { cause: 'variables' } });
    expect(change.revision?.containers[0]?.variables).toEqual([
      { name: 'B', value: '3' },
      { name: 'C', value: '' },
    ]);
    expect(change.app).toMatchObject({ version: 2, generation: 2, revision: 2, imageChanges: 0 });
    expect(change.app.status.phase).toBe('updating');
  });

  it('changes nothing when all is so already', () => {
    expect(accepted(set({ A: '1' }, ['X']))).toMatchObject({ changed: false, revision: null });
  });

  it('judges the result, not only what is sent', () => {
    const outcome = set({ C: 'x'.repeat(120 * 1024), D: 'x'.repeat(120 * 1024), E: 'x'.repeat(120 * 1024) });
    expect(accepted(outcome).changed).toBe(true);
    const four = accepted(outcome).revision?.containers ?? [];
    const more = {
      set: [
        { name: 'F', value: 'x'.repeat(120 * 1024) },
        { name: 'G', value: 'x'.repeat(64 * 1024) },
      ],
      unset: [],
    };
    expect(variablesSet(inPhase('running'), four, more, later, limits)).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'containers.0.variables', rule: 'bytes', params: { max: 524_288 } }],
    });
    const many = Object.fromEntries(Array.from({ length: 999 }, (_, index) => [`V${index}`, '']));
    expect(set(many)).toMatchObject({
      issues: [{ path: 'containers.0.variables', rule: 'count', params: { max: 1000 } }],
    });
    expect(accepted(set(many, ['A'])).changed).toBe(true);
  });
});

describe('rolledBack', () => {
  const first = made().containers;
  const second =
    accepted(updated(inPhase('running'), first, { containers: [{ image: 'shop:2', variables: [] }] }, later, limits))
      .revision?.containers ?? [];
  const app = inPhase('running', { revision: 2, imageChanges: 1, version: 2, generation: 2 });
  const back = (asked?: number, target?: readonly Container[]) => rolledBack(app, second, asked, target, later);

  it('makes a new Revision of an older one, with ids of its own, and tells what changes', () => {
    const change = accepted(back(1, first));
    expect(change).toMatchObject({
      changed: true,
      changes: ['image', 'variables'],
      revision: { cause: 'rollback', containers: [{ image: 'shop:1', variables: [{ name: 'A', value: '1' }] }] },
      app: { revision: 3, version: 3, generation: 3, imageChanges: 2, replicas: 2, status: { phase: 'updating' } },
    });
    const [container] = change.revision?.containers ?? [];
    expect(container).toMatchObject({ parentId: second[0]?.id, changes: 2 });
    expect([first[0]?.id, second[0]?.id]).not.toContain(container?.id);
  });

  it('keeps the stop and the registry credentials as they are', () => {
    const registryAuth = { username: 'kim', password: 'secret', server: 'r.example.org' };
    const off = inPhase('stopped', { ...app, stopped: true, registryAuth });
    expect(accepted(rolledBack(off, second, 1, first, later)).app).toMatchObject({
      stopped: true,
      replicas: 2,
      registryAuth,
      status: { phase: 'stopped' },
    });
  });

  it('changes nothing when the older one equals the current', () => {
    const equal = second.map((container) => ({ ...container, id: first[0]?.id ?? '', changes: 0 }));
    expect(accepted(back(1, equal))).toMatchObject({ changed: false, revision: null });
  });

  it('is refused for the current one, for one that is not kept, and when there is none before', () => {
    expect(back(2, second)).toMatchObject({ kind: 'conflict', code: 'revision_current', facts: { revision: 2 } });
    expect(back(7)).toMatchObject({ kind: 'not_found', noun: 'revision' });
    const none = back();
    expect(none).toMatchObject({ kind: 'conflict', code: 'revision_current' });
    expect(none).not.toHaveProperty('facts');
  });
});

describe('restarted', () => {
  it('is followed by the cluster without a Revision', () => {
    const change = accepted(restarted(inPhase('running'), later));
    expect(change).toMatchObject({
      changed: true,
      changes: [],
      revision: null,
      app: { restartedAt: later, version: 2, generation: 2, revision: 1, status: { phase: 'updating' } },
    });
  });

  it('is refused while it is stopped', () => {
    expect(restarted(inPhase('stopped', { stopped: true }), later)).toMatchObject({
      kind: 'conflict',
      code: 'stopped',
    });
  });
});

describe('scaledTo', () => {
  const scale = (app: App, replicas: number, start = true) => scaledTo(app, { replicas, start }, later, limits);

  it('changes the count and follows it', () => {
    expect(scale(inPhase('running'), 5)).toMatchObject({
      scaled: { old: 2, new: 5 },
      app: {
        replicas: 5,
        version: 2,
        generation: 2,
        lastAct: 'scale',
        status: { phase: 'scaling', counts: { desired: 5 } },
      },
    });
  });

  it('stops at 0 and keeps the count', () => {
    expect(scale(inPhase('running'), 0)).toMatchObject({
      scaled: { old: 2, new: 0 },
      app: { replicas: 2, stopped: true, lastAct: 'scale', status: { phase: 'stopping', counts: { desired: 0 } } },
    });
  });

  it('starts a stopped App when told so', () => {
    expect(scale(inPhase('stopped', { stopped: true }), 3)).toMatchObject({
      scaled: { old: 0, new: 3 },
      app: { replicas: 3, stopped: false, status: { phase: 'deploying' } },
    });
  });

  it('changes the kept count of a stopped App when told not to start it', () => {
    expect(scale(inPhase('stopped', { stopped: true }), 3, false)).toMatchObject({
      scaled: { old: 2, new: 3 },
      app: { replicas: 3, stopped: true, lastAct: null, status: { phase: 'stopped' } },
    });
  });

  it.each<[string, App, number]>([
    ['the count that it has', inPhase('running'), 2],
    ['0 when it is stopped', inPhase('stopped', { stopped: true }), 0],
  ])('changes nothing when scaled to %s', (_, app, replicas) => {
    expect(scale(app, replicas)).toMatchObject({ changed: false, app });
  });

  it.each([-1, 101])('refuses %i', (replicas) => {
    expect(scale(inPhase('running'), replicas)).toMatchObject({
      kind: 'invalid',
      issues: [{ path: 'replicas', rule: 'range', params: { min: 0, max: 100 } }],
    });
  });

  it('leaves a failed App failed until the cluster shows something else', () => {
    expect(scale(inPhase('failed'), 5)).toMatchObject({ app: { status: { phase: 'failed' } } });
  });
});

describe('started and stopped', () => {
  it('stop keeps the count, start restores it', () => {
    const off = stopped(inPhase('running'), later);
    expect(off).toMatchObject({
      changed: true,
      scaled: null,
      app: {
        stopped: true,
        replicas: 2,
        version: 2,
        generation: 2,
        lastAct: 'stop',
        servedSinceStart: false,
        status: { phase: 'stopping' },
      },
    });
    expect(started(off.app, later)).toMatchObject({
      app: {
        stopped: false,
        replicas: 2,
        version: 3,
        lastAct: 'start',
        status: { phase: 'deploying', counts: { desired: 2 } },
      },
    });
  });

  it('change nothing the second time', () => {
    const off = inPhase('stopped', { stopped: true });
    expect(stopped(off, later)).toMatchObject({ changed: false, app: off });
    const on = inPhase('running');
    expect(started(on, later)).toMatchObject({ changed: false, app: on });
  });

  it('keep the reason that the cluster is silent, and drop others', () => {
    const because = (reason: string): App => {
      const app = inPhase('running');
      return { ...app, status: { ...app.status, reason, message: 'since noon' } };
    };
    expect(stopped(because('ClusterUnreachable'), later).app.status).toMatchObject({
      reason: 'ClusterUnreachable',
      message: 'since noon',
    });
    expect(stopped(because('FailedCreate'), later).app.status).toMatchObject({ reason: '', message: '' });
  });
});

describe('deleted', () => {
  it('is on its way out, as a new version', () => {
    expect(deleted(inPhase('failed'), later)).toMatchObject({
      version: 2,
      generation: 2,
      status: { phase: 'deleting' },
    });
  });
});

describe('refusal', () => {
  it.each([undefined, null, 1])('passes when the version asked for is %s', (ifVersion) => {
    expect(refusal(inPhase('running'), ifVersion)).toBeNull();
  });

  it('refuses another version and tells the current one', () => {
    expect(refusal(inPhase('running'), 7)).toMatchObject({ kind: 'precondition_failed', facts: { version: 1 } });
  });

  it('refuses everything while deleting', () => {
    expect(refusal(inPhase('deleting'), 1)).toMatchObject({ kind: 'conflict', code: 'deleting' });
  });
});

describe('mayCreateIn', () => {
  it.each([
    ['owned', actor.userId, true],
    ['owned', 'a0000000-0000-4000-8000-000000000002', false],
    ['owned', null, false],
    ['open', null, true],
    ['dedicated', actor.userId, false],
  ] as const)('an environment of kind %s that %s owns: %s', (kind, ownerId, allowed) => {
    const outcome = mayCreateIn({ kind, ownerId, name: 'team' }, actor);
    expect(outcome === null).toBe(allowed);
    if (outcome) expect(outcome).toMatchObject({ kind: 'forbidden', code: 'environment' });
  });
});

describe('registryOf', () => {
  it.each([
    ['nginx', 'docker.io'],
    ['library/nginx:1', 'docker.io'],
    ['ghcr.io/a/b@sha256:abc', 'ghcr.io'],
    ['localhost/a', 'localhost'],
    ['registry:5000/a', 'registry:5000'],
  ])('of %s', (image, registry) => expect(registryOf(image)).toBe(registry));
});
