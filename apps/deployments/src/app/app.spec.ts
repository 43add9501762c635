import type { ContainerInput } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { accepted, actor, containerInput, create, createInput, inPhase, later, limits, made } from '../fixture/apps.js';
import {
  type App,
  deleted,
  isProblem,
  mayCreateIn,
  ownershipRefusal,
  refusal,
  restarted,
  scaledTo,
  started,
  stopped,
} from './app.js';

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
