import type { Phase } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { accepted, containerInput, createInput, inPhase, later, limits, made } from '../fixture/apps.js';
import { type App, isProblem, rolledBack, updated, variablesSet } from './app.js';
import type { Container } from './container.js';

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
