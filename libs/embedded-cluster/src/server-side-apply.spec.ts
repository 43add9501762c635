import { describe, expect, it } from 'vitest';

import { recordUpdate } from './managed-fields.js';
import type { JsonObject, KubeObject, ManagedFieldsEntry } from './objects.js';
import { applyServerSide } from './server-side-apply.js';

const identity = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: 't' };

function config(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', ...metadata }, spec };
}

function apply(live: KubeObject | undefined, applied: JsonObject, manager = 'slipway', force = false): KubeObject {
  const merged = applyServerSide({ live, config: applied, manager, force }) as KubeObject;
  return { ...merged, metadata: { ...identity, ...merged.metadata } };
}

function update(
  live: KubeObject,
  change: (object: KubeObject) => KubeObject,
  manager = 'kubectl',
  subresource?: string,
): KubeObject {
  return recordUpdate(live, change(structuredClone(live)), { manager, ...(subresource ? { subresource } : {}) });
}

function entry(object: KubeObject, manager: string): ManagedFieldsEntry | undefined {
  return object.metadata.managedFields?.find((found) => found.manager === manager);
}

function template(...containers: JsonObject[]): JsonObject {
  return { template: { spec: { containers } } };
}

function containersOf(object: KubeObject): JsonObject[] {
  return (object.spec as { template: { spec: { containers: JsonObject[] } } }).template.spec.containers;
}

describe('server-side apply', () => {
  it('creates with the fields that it owns', () => {
    const created = apply(undefined, config({ replicas: 2, ...template({ name: 'web', image: 'nginx' }) }));
    expect(created.metadata.managedFields).toMatchObject([
      {
        manager: 'slipway',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:replicas': {},
            'f:template': {
              'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
            },
          },
        },
      },
    ]);
  });

  it('gives an equal object for an equal application', () => {
    const applied = config(
      { replicas: 2, ...template({ name: 'web', image: 'nginx', ports: [{ containerPort: 80 }], args: ['a', 'b'] }) },
      { labels: { app: 'web' }, finalizers: ['example.com/a'] },
    );
    const created = apply(undefined, applied);
    expect(apply(created, applied)).toEqual(created);
  });

  it('leaves alone what it does not apply', () => {
    const created = apply(undefined, config(template({ name: 'web', image: 'nginx' })));
    const live = update(created, (object) => ({ ...object, spec: { ...object.spec, replicas: 5, paused: false } }));
    const again = apply(live, config(template({ name: 'web', image: 'nginx:2' })));
    expect(again.spec).toMatchObject({ replicas: 5, paused: false });
    expect(containersOf(again)).toEqual([{ name: 'web', image: 'nginx:2' }]);
  });

  it('removes what it applied before and no longer does, down to what is empty by it', () => {
    const limits = { resources: { limits: { cpu: '1', memory: '1Gi' } } };
    const created = apply(
      undefined,
      config({ replicas: 2, ...template({ name: 'web', image: 'nginx', ...limits }, { name: 'side', image: 'x' }) }),
    );
    const less = apply(created, config(template({ name: 'web', image: 'nginx' })));
    expect(less.spec).not.toHaveProperty('replicas');
    expect(containersOf(less)).toEqual([{ name: 'web', image: 'nginx' }]);
  });

  it('fills a map that it applied empty before', () => {
    const created = apply(undefined, config({ strategy: {} }));
    const filled = apply(created, config({ strategy: { type: 'Recreate' } }));
    expect(filled.spec).toEqual({ strategy: { type: 'Recreate' } });
  });

  it('keeps what it no longer applies when another manager owns it, too', () => {
    const created = apply(undefined, config({ replicas: 2, ...template({ name: 'web', image: 'nginx' }) }));
    const shared = apply(created, config({ replicas: 2 }), 'autoscaler');
    const less = apply(shared, config(template({ name: 'web', image: 'nginx' })));
    expect(less.spec?.replicas).toBe(2);
    expect(entry(less, 'autoscaler')?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  it('keeps a container of which another manager owns a part', () => {
    const created = apply(
      undefined,
      config(template({ name: 'web', image: 'nginx' }, { name: 'side', image: 'x', command: ['a'] })),
    );
    const shared = apply(created, config(template({ name: 'side', workingDir: '/' })), 'other');
    const less = apply(shared, config(template({ name: 'web', image: 'nginx' })));
    expect(containersOf(less)).toEqual([
      { name: 'web', image: 'nginx' },
      { name: 'side', workingDir: '/' },
    ]);
  });

  it('conflicts with a manager whose field it would change, names both, and takes it when forced', () => {
    const created = apply(undefined, config({ replicas: 2, ...template({ name: 'web', image: 'nginx' }) }));
    const scaled = update(
      created,
      (object) => ({ ...object, spec: { ...object.spec, replicas: 5 } }),
      'kubectl',
      'scale',
    );
    expect(entry(scaled, 'slipway')?.fieldsV1['f:spec']).not.toHaveProperty('f:replicas');
    const wanted = config({ replicas: 2, ...template({ name: 'web', image: 'nginx' }) });
    expect(() => apply(scaled, wanted)).toThrow(
      expect.objectContaining({
        code: 409,
        reason: 'Conflict',
        message: expect.stringMatching(
          /^Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps\/v1: \.spec\.replicas$/,
        ),
        details: { causes: [expect.objectContaining({ reason: 'FieldManagerConflict', field: '.spec.replicas' })] },
      }),
    );
    const forced = apply(scaled, wanted, 'slipway', true);
    expect(forced.spec?.replicas).toBe(2);
    expect(entry(forced, 'kubectl')).toBeUndefined();
    expect(entry(forced, 'slipway')?.fieldsV1['f:spec']).toHaveProperty('f:replicas');
  });

  it('names every conflict', () => {
    const created = apply(undefined, config({ replicas: 2, ...template({ name: 'web', image: 'nginx' }) }), 'first');
    const other = config({ replicas: 3, ...template({ name: 'web', image: 'nginx:2' }) });
    expect(() => apply(created, other, 'second')).toThrow(
      'Apply failed with 2 conflicts: conflicts with "first":\n- .spec.replicas\n- .spec.template.spec.containers[name="web"].image',
    );
  });

  it('shares a field that it applies with the value that it has', () => {
    const created = apply(undefined, config({ replicas: 2 }), 'first');
    const shared = apply(created, config({ replicas: 2 }), 'second');
    expect(shared.metadata.managedFields?.map(({ manager }) => manager).sort()).toEqual(['first', 'second']);
  });

  it('tells ports apart by number and protocol, and variables by name', () => {
    const web = { name: 'web', image: 'nginx' };
    const created = apply(
      undefined,
      config(template({ ...web, ports: [{ containerPort: 53 }], env: [{ name: 'A', value: '1' }] })),
    );
    const both = apply(
      created,
      config(
        template({ name: 'web', ports: [{ containerPort: 53, protocol: 'UDP' }], env: [{ name: 'B', value: '2' }] }),
      ),
      'other',
    );
    const [container] = containersOf(both);
    expect(container?.ports).toEqual([{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }]);
    expect(container?.env).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ]);
  });

  it('replaces other lists and selectors as a whole', () => {
    const created = apply(
      undefined,
      config({ selector: { matchLabels: { a: '1' } }, ...template({ name: 'web', args: ['a'] }) }),
    );
    const next = apply(
      created,
      config({ selector: { matchLabels: { b: '2' } }, ...template({ name: 'web', args: ['b'] }) }),
    );
    expect(next.spec?.selector).toEqual({ matchLabels: { b: '2' } });
    expect(containersOf(next)).toEqual([{ name: 'web', args: ['b'] }]);
  });

  it('follows the order in which items are applied', () => {
    const created = apply(undefined, config(template({ name: 'a' }, { name: 'b' }, { name: 'c' })));
    const names = (object: KubeObject): unknown[] => containersOf(object).map(({ name }) => name);
    expect(names(apply(created, config(template({ name: 'c' }, { name: 'a' }, { name: 'b' }))))).toEqual([
      'c',
      'a',
      'b',
    ]);
    const other = apply(created, config(template({ name: 'x' })), 'other');
    expect(names(other)).toEqual(['a', 'b', 'c', 'x']);
    expect(names(apply(other, config(template({ name: 'a' }, { name: 'b' }, { name: 'c' }))))).toEqual([
      'a',
      'b',
      'c',
      'x',
    ]);
  });

  it('adds to a set and removes only its own members', () => {
    const created = apply(undefined, config({}, { finalizers: ['example.com/a', 'example.com/b'] }));
    const other = apply(created, config({}, { finalizers: ['example.com/c'] }), 'other');
    expect(other.metadata.finalizers).toEqual(['example.com/a', 'example.com/b', 'example.com/c']);
    const less = apply(other, config({}, { finalizers: ['example.com/b'] }));
    expect(less.metadata.finalizers).toEqual(['example.com/b', 'example.com/c']);
  });

  it('touches nothing but the status when it applies one', () => {
    const created = apply(undefined, config({ replicas: 1 }));
    const applied = applyServerSide({
      live: created,
      config: { ...config({ replicas: 9 }), status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      manager: 'operator',
      force: false,
      subresource: 'status',
    }) as KubeObject;
    expect(applied).toMatchObject({
      spec: { replicas: 1 },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    expect(entry(applied, 'operator')).toMatchObject({
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {} } } } },
    });
  });

  it('refuses a key that comes twice', () => {
    const created = apply(undefined, config(template({ name: 'a' })));
    expect(() => apply(created, config(template({ name: 'a' }, { name: 'a' })))).toThrow('duplicate entries');
  });
});

describe('updates', () => {
  it('own what they change and take it from the others', () => {
    const created = apply(undefined, config({ replicas: 2, ...template({ name: 'web', image: 'nginx' }) }));
    const changed = update(created, (object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { team: 'a' } },
      spec: { ...object.spec, ...template({ name: 'web', image: 'nginx:2' }) },
    }));
    expect(entry(changed, 'kubectl')).toMatchObject({
      operation: 'Update',
      fieldsV1: {
        'f:metadata': { 'f:labels': { 'f:team': {} } },
        'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { 'f:image': {} } } } } },
      },
    });
    expect(JSON.stringify(entry(changed, 'slipway')?.fieldsV1)).not.toContain('f:image');
    expect(entry(changed, 'slipway')?.fieldsV1['f:spec']).toHaveProperty('f:replicas');
  });

  it('leave nobody the owner of what they remove, and change nothing when they change nothing', () => {
    const created = apply(undefined, config({ replicas: 2, paused: true }));
    const removed = update(created, (object) => ({ ...object, spec: { replicas: 2 } }));
    expect(entry(removed, 'slipway')?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
    expect(entry(removed, 'kubectl')).toBeUndefined();
    const added = update(created, (object) => ({ ...object, spec: { ...object.spec, minReadySeconds: 5 } }));
    expect(entry(added, 'kubectl')).toBeDefined();
    const taken = update(added, (object) => ({ ...object, spec: { replicas: 2, paused: true } }));
    expect(entry(taken, 'kubectl')).toBeUndefined();
    expect(update(created, (object) => object)).toEqual(created);
  });
});
