import { randomUUID } from 'node:crypto';

import { type Cluster, connectCluster, trustedConnection } from '@slipway/cluster';
import { type EmbeddedCluster, startEmbeddedCluster } from '@slipway/embedded-cluster';
import { waitFor } from '@slipway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Container } from '../app/container.js';
import { dedicatedNamespace } from '../environment/namespace.js';
import { convergeApp, type Converged, LeaseLostError, removeApp } from './converge-app.js';
import { type AppRecord, INSTANCE, MANAGED_BY, type Rendering } from './desired-objects.js';
import { KnownObjects } from './known-objects.js';
import { observedStatus, type ObservedStatus } from './observed-status.js';

const rendering: Rendering = {
  podSecurity: 'baseline',
  maxReplicas: 100,
  environmentMaxPods: 500,
  ingressClass: null,
  ingressNamespace: null,
  certIssuer: null,
  access: null,
};

function record(given: Partial<AppRecord> = {}, container: Partial<Container> = {}): AppRecord {
  const id = given.id ?? randomUUID();
  const namespace = dedicatedNamespace('ce', { id, name: 'shop' });
  return {
    id,
    name: 'shop',
    environment: { id: randomUUID(), name: namespace, namespace, kind: 'dedicated' },
    revision: 1,
    replicas: 2,
    host: 'shop.apps.example.com',
    domains: [],
    registryAuth: null,
    restartedAt: null,
    ...given,
    containers: [
      {
        id: randomUUID(),
        parentId: null,
        changes: 0,
        createdAt: new Date().toISOString(),
        name: 'app',
        image: 'registry.example.org/shop:1',
        entrypoint: null,
        args: null,
        variables: [{ name: 'A', value: '1' }],
        ports: [{ protocol: 'tcp', external: 80, internal: 8080, published: true }],
        resources: { cpuLimit: '1000m' },
        healthCheck: null,
        ...container,
      },
    ],
  };
}

const eventually = (check: () => Promise<unknown>): Promise<true> =>
  waitFor(async () => {
    await check();
    return true as const;
  });

describe('convergeApp', () => {
  let embedded: EmbeddedCluster;
  let cluster: Cluster;

  beforeAll(async () => {
    embedded = await startEmbeddedCluster({
      timings: { slowReadyMs: 500, pullMs: 20, startMs: 10, readyMs: 10, terminationMs: 20, backOffMs: 50 },
    });
    const connection = trustedConnection(embedded.kubeconfig);
    if ('refused' in connection) throw new Error(connection.refused);
    cluster = connectCluster(connection);
  });
  afterAll(async () => {
    await cluster.close();
    await embedded.close();
  });
  beforeEach(() => embedded.reset());
  afterEach(() => embedded.faults.clear());

  /** What watches would have told by now. */
  const told = async ({ environment: { namespace } }: AppRecord): Promise<KnownObjects> => {
    const known = new KnownObjects();
    const kinds = [
      'Deployment',
      'ReplicaSet',
      'Pod',
      'Service',
      'Ingress',
      'NetworkPolicy',
      'ResourceQuota',
      'RoleBinding',
    ] as const;
    const lists = await Promise.all(kinds.map((kind) => cluster.list(kind, { namespace })));
    for (const object of lists.flat()) known.take({ type: 'added', object });
    return known;
  };
  const pass = async (app: AppRecord, how = rendering, mayWrite = () => true): Promise<Converged> =>
    convergeApp(cluster, app, how, await told(app), mayWrite);
  const status = async (app: AppRecord, more = {}): Promise<ObservedStatus> => {
    const { seen } = await pass(app);
    const wanted = {
      replicas: app.replicas,
      revision: app.revision,
      restartedAt: app.restartedAt,
      revisionReady: false,
      servedSinceStart: false,
      changedAt: new Date(),
      told: { phase: 'pending', since: new Date() } as const,
      ...more,
    };
    return observedStatus(seen, wanted, new Date());
  };
  const until = (app: AppRecord, phase: string, more = {}) =>
    eventually(async () => expect((await status(app, more)).phase).toBe(phase));
  const names = async (kind: 'Secret' | 'Deployment' | 'Service' | 'Ingress', app: AppRecord): Promise<string[]> =>
    (await cluster.list(kind, { namespace: app.environment.namespace })).map(({ metadata }) => metadata.name);

  it('brings an App to life and then writes nothing more', async () => {
    const app = record();
    expect((await pass(app)).routed).toBe(true);
    await until(app, 'running');
    const before = embedded.writes().length;
    await pass(app);
    expect(embedded.writes().slice(before)).toEqual([]);
  });

  it('sends no request to write when nothing differs', async () => {
    const app = record();
    await until(app, 'running');
    embedded.faults.add({ verb: 'apply', status: 500, times: 1 });
    expect((await pass(app)).failure).toBeUndefined();
  });

  it('rolls a Revision out and keeps the Secret of the old one until no pod reads it', async () => {
    const app = record();
    await until(app, 'running');
    const next = record(
      { ...app, revision: 2 },
      { image: 'registry.example.org/slow:2', variables: [{ name: 'A', value: '2' }] },
    );
    await pass(next);
    await until(next, 'updating');
    expect(await names('Secret', app)).toEqual(expect.arrayContaining(['shop-env-1', 'shop-env-2']));
    await until(next, 'running');
    await eventually(async () => {
      await pass(next);
      expect(await names('Secret', app)).toEqual(['shop-env-2']);
    });
  });

  it('stops without taking anything but the pods away, and starts again', async () => {
    const app = record();
    await until(app, 'running');
    const off = { ...app, replicas: 0 };
    await until(off, 'stopped');
    expect(await names('Service', app)).toEqual(['shop']);
    await until(app, 'running');
  });

  it('prunes what the record no longer asks for, and nothing that others put beside it', async () => {
    const app = record({ registryAuth: { username: 'kim', password: 'secret', server: 'r.example.org' } });
    await pass(app);
    const { namespace } = app.environment;
    await cluster.apply(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace } },
      { fieldManager: 'they' },
    );
    await cluster.apply(
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'theirs', namespace } },
      { fieldManager: 'they' },
    );
    const bare = record({ ...app, revision: 2, registryAuth: null, host: null }, { variables: [], ports: [] });
    await pass(bare);
    expect(await names('Ingress', app)).toEqual([]);
    expect(await names('Service', app)).toEqual([]);
    await eventually(async () => {
      await pass(bare);
      expect(await names('Secret', app)).toEqual(['theirs']);
    });
    expect(await cluster.get({ kind: 'ConfigMap', namespace, name: 'theirs' })).toBeDefined();
  });

  it.each<[string, (app: AppRecord) => Promise<unknown>]>([
    [
      'scaled',
      ({ environment: { namespace } }) =>
        cluster.apply(
          { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop', namespace }, spec: { replicas: 9 } },
          { fieldManager: 'kubectl' },
        ),
    ],
    ['deleted', ({ environment: { namespace } }) => cluster.delete({ kind: 'Deployment', namespace, name: 'shop' })],
    [
      'without its Service',
      ({ environment: { namespace } }) => cluster.delete({ kind: 'Service', namespace, name: 'shop' }),
    ],
    [
      'without its quota',
      ({ environment: { namespace } }) => cluster.delete({ kind: 'ResourceQuota', namespace, name: 'slipway' }),
    ],
  ])('repairs an App that was %s behind our back', async (_, drift) => {
    const app = record();
    await until(app, 'running');
    await drift(app);
    await until(app, 'running');
    expect(await names('Service', app)).toEqual(['shop']);
    expect(await names('Deployment', app)).toEqual(['shop']);
    const quota = { kind: 'ResourceQuota', namespace: app.environment.namespace, name: 'slipway' } as const;
    expect(await cluster.get(quota)).toBeDefined();
  });

  it('makes a namespace again that was deleted behind our back, once it is gone', async () => {
    const app = record();
    await until(app, 'running');
    await cluster.delete({ kind: 'Namespace', name: app.environment.namespace });
    const during = await pass(app);
    if (during.failure) expect(during.failure.reason).toBe('NamespaceTerminating');
    await until(app, 'running');
  });

  it('leaves a namespace alone that was not made for this App', async () => {
    const app = record();
    const { namespace } = app.environment;
    await cluster.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { fieldManager: 'they' },
    );
    const before = embedded.writes().length;
    expect((await pass(app)).conflict).toMatchObject({ reason: 'NamespaceConflict' });
    expect(await removeApp(cluster, app, rendering, () => true)).toMatchObject({ outcome: 'kept' });
    expect(embedded.writes().slice(before)).toEqual([]);
  });

  it('puts back the other labels of its namespace where somebody took them, and removes it also without', async () => {
    const app = record();
    const name = app.environment.namespace;
    const bare = async (): Promise<void> => {
      const { labels = {}, annotations } = (await cluster.get({ kind: 'Namespace', name }))?.metadata ?? {};
      const { [INSTANCE]: instance = '' } = labels;
      await cluster.apply({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { [INSTANCE]: instance }, annotations },
      });
    };
    const managedBy = async () => (await cluster.get({ kind: 'Namespace', name }))?.metadata.labels?.[MANAGED_BY];
    await pass(app);
    await bare();
    expect(await managedBy()).toBeUndefined();
    expect(await pass(app)).not.toHaveProperty('conflict');
    expect(await managedBy()).toBe('slipway');
    await bare();
    expect(await removeApp(cluster, app, rendering, () => true)).toMatchObject({ outcome: 'removing' });
  });

  it.each<[string, string, string]>([
    ['a missing image', 'registry.example.org/missing:1', 'ImagePullBackOff'],
    ['a crash loop', 'registry.example.org/crash:1', 'CrashLoopBackOff'],
    ['a container that runs out of memory', 'registry.example.org/memory:1', 'OOMKilled'],
  ])('shows %s with its reason', async (_, image, reason) => {
    const app = record({}, { image });
    await eventually(async () => {
      const seen = await status(app);
      expect(seen).toMatchObject({ phase: 'failed', reason });
      expect(seen.message).not.toBe('');
    });
  });

  it.each(['Namespace', 'Deployment', 'Ingress'])(
    'stops part-way when the cluster refuses a %s, and goes on in the next pass',
    async (kind) => {
      const app = record();
      const resource = `${kind.toLowerCase()}${kind === 'Ingress' ? 'es' : 's'}`;
      embedded.faults.add({ verb: 'apply', resource, status: 500, times: 1 });
      expect((await pass(app)).failure).toMatchObject({ kind: 'unavailable' });
      expect((await pass(app)).failure).toBeUndefined();
      await until(app, 'running');
    },
  );

  it('goes on after a crash before any of its writes, until nothing is left to do', async () => {
    const writes = async (app: AppRecord, mayWrite: (step: number) => boolean): Promise<number> => {
      let step = 0;
      await pass(app, rendering, () => mayWrite(step++)).catch((error: unknown) => {
        if (!(error instanceof LeaseLostError)) throw error;
      });
      return step;
    };
    const steps = await writes(record(), () => true);
    expect(steps).toBe(7);
    for (let crash = 0; crash < steps; crash++) {
      const app = record();
      await writes(app, (step) => step < crash);
      await until(app, 'running');
      expect(await writes(app, () => true)).toBe(0);
    }
  });

  it('goes on when the answer to a write is lost', async () => {
    const app = record();
    for (const resource of ['namespaces', 'deployments', 'ingresses']) {
      embedded.faults.add({ verb: 'apply', resource, drop: 'after' });
    }
    for (let round = 0; round < 3; round++) {
      expect((await pass(app)).failure).toMatchObject({ kind: 'unreachable', retriable: true });
    }
    await until(app, 'running');
  });

  it('writes nothing once its lease is gone', async () => {
    const before = embedded.writes().length;
    await expect(pass(record(), rendering, () => false)).rejects.toThrow(LeaseLostError);
    expect(embedded.writes().slice(before)).toEqual([]);
  });

  describe('where the right to Secrets comes with a role', () => {
    const subject = { kind: 'ServiceAccount', namespace: 'slipway-system', name: 'slipway' };
    const bound: Rendering = { ...rendering, access: { role: 'slipway-environment', subject } };
    const binding = (app: AppRecord) =>
      cluster.get({ kind: 'RoleBinding', namespace: app.environment.namespace, name: 'slipway-environment' });
    const forbidSecrets = () => embedded.faults.add({ verb: 'list', resource: 'secrets', status: 403, times: 1_000 });

    it('binds the role in the namespace before it reads a Secret there', async () => {
      const app = record();
      const allow = forbidSecrets();
      expect((await pass(app, bound)).failure).toBeUndefined();
      expect(await binding(app)).toMatchObject({
        roleRef: { kind: 'ClusterRole', name: 'slipway-environment' },
        subjects: [subject],
      });
      await expect(pass(app, bound)).rejects.toMatchObject({ kind: 'forbidden' });
      allow();
      const before = embedded.writes().length;
      expect((await pass(app, bound)).failure).toBeUndefined();
      expect(embedded.writes().slice(before)).toEqual([]);
    });

    it('reads no Secret in a namespace that is being deleted, where the right to may be gone', async () => {
      const app = record();
      await pass(app, bound);
      const { namespace } = app.environment;
      const current = await binding(app);
      if (!current) throw new Error('not bound');
      // Held, so that the watch still tells of it.
      const hold = (finalizers: string[]) => {
        const { roleRef, subjects } = current;
        const metadata = { name: current.metadata.name, namespace, finalizers };
        return cluster.apply(
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'RoleBinding',
            metadata,
            roleRef,
            subjects: subjects ?? [],
          },
          { fieldManager: 'they' },
        );
      };
      await hold(['example.com/hold']);
      await cluster.delete({ kind: 'Namespace', name: namespace });
      forbidSecrets();
      await eventually(async () =>
        expect((await pass(app, bound)).failure).toMatchObject({ reason: 'NamespaceTerminating' }),
      );
      await hold([]);
    });

    it('binds it again when somebody took the binding away', async () => {
      const app = record();
      await pass(app, bound);
      await cluster.delete({ kind: 'RoleBinding', namespace: app.environment.namespace, name: 'slipway-environment' });
      forbidSecrets();
      expect((await pass(app, bound)).failure).toBeUndefined();
      expect(await binding(app)).toBeDefined();
    });

    it('binds it again to remove an App from a shared namespace', async () => {
      const environment = { id: randomUUID(), name: 'team', namespace: 'team', kind: 'owned' } as const;
      const app = record({ environment });
      await pass(app, bound);
      await cluster.delete({ kind: 'RoleBinding', namespace: 'team', name: 'slipway-environment' });
      await eventually(async () =>
        expect(await removeApp(cluster, app, bound, () => true)).toMatchObject({ outcome: 'removed' }),
      );
      expect(await binding(app)).toBeDefined();
    });
  });

  describe('removeApp', () => {
    const gone = (app: AppRecord) =>
      eventually(async () =>
        expect(await removeApp(cluster, app, rendering, () => true)).toMatchObject({ outcome: 'removed' }),
      );

    it('removes a dedicated namespace with all that is in it', async () => {
      const app = record();
      await until(app, 'running');
      expect(await removeApp(cluster, app, rendering, () => true)).toMatchObject({ outcome: 'removing' });
      await gone(app);
      expect(await cluster.get({ kind: 'Namespace', name: app.environment.namespace })).toBeUndefined();
    });

    it('removes from a shared namespace only what is the App’s', async () => {
      const environment = { id: randomUUID(), name: 'team', namespace: 'team', kind: 'owned' } as const;
      const [app, other] = [record({ environment }), record({ environment, name: 'other' })];
      await until(app, 'running');
      await until(other, 'running');
      await gone(app);
      expect(await names('Deployment', app)).toEqual(['other']);
      expect(await names('Secret', app)).toEqual(['other-env-1']);
      await until(other, 'running');
    });

    it('has nothing to do for an App that never came to be', async () => {
      expect(await removeApp(cluster, record(), rendering, () => true)).toMatchObject({ outcome: 'removed' });
    });
  });
});
