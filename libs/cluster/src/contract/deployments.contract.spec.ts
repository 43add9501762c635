import type { Answered, CaseClient } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { conditionsOf, deployment, has } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

const web = 'apps/v1/deployments/web';

/** Generations, annotations and status, as soon as the controller has seen the last change. */
function seen({ metadata, status }: Answered): object {
  return { generation: metadata.generation, annotations: metadata.annotations, status };
}

/** Without the conditions: which of two reasons of progress stays depends on whether both fell into the same second. */
function counts({ metadata, status }: Answered): object {
  const { conditions: _, ...rest } = status ?? {};
  return { generation: metadata.generation, status: rest };
}

function isSeen({ metadata, status }: Answered): boolean {
  return status?.observedGeneration === metadata.generation;
}

function isComplete(object: Answered): boolean {
  const { replicas, updatedReplicas = 0, availableReplicas = 0, replicas: total = 0 } = object.status ?? {};
  const wanted = object.spec?.replicas;
  const counts = [replicas ?? 0, updatedReplicas, availableReplicas, total];
  return isSeen(object) && counts.every((count) => count === wanted) && !object.status?.terminatingReplicas;
}

/** The replica sets by the revision, without the counts that are still changing. */
function revisions({ items = [] }: Answered): object {
  return {
    sets: items
      .map(({ metadata, spec }) => ({
        labels: metadata.labels,
        annotations: metadata.annotations as Record<string, string>,
        ownerReferences: metadata.ownerReferences,
        spec,
      }))
      .toSorted((a, b) => revisionOf(a.annotations) - revisionOf(b.annotations)),
  };
}

function revisionOf(annotations: Record<string, string>): number {
  return Number(annotations['deployment.kubernetes.io/revision']);
}

async function create(api: CaseClient, spec: object, container: object = {}, image = 'web'): Promise<void> {
  const body = deployment('web', `${api.cluster.registry}/slipway/${image}:1`, spec, container);
  await api.unrecorded.post('apps/v1/deployments', body);
  await keepHashes(api, 1);
}

/** So that the hashes in later words are known. */
async function keepHashes(api: CaseClient, count: number): Promise<void> {
  await api.until(
    'apps/v1/replicasets',
    ({ items = [] }) =>
      items.length === count &&
      items.every(({ metadata }) => revisionOf(metadata.annotations as Record<string, string>) > 0),
    ({ items = [] }) => ({
      labels: items
        .toSorted(
          (a, b) =>
            revisionOf(a.metadata.annotations as Record<string, string>) -
            revisionOf(b.metadata.annotations as Record<string, string>),
        )
        .map(({ metadata }) => metadata.labels),
    }),
  );
}

const template = (container: object): object => ({
  spec: { template: { spec: { containers: [{ name: 'main', ...container }] } } },
});

function cases(it: Behaves): void {
  it('rolls out the first revision', async (api) => {
    await create(api, { replicas: 2 });
    await api.until(
      'apps/v1/replicasets',
      ({ items = [] }) => items.length === 1 && items[0]?.status?.availableReplicas === 2,
      revisions,
    );
    await api.until(
      web,
      (body) => isComplete(body) && has(body, 'Progressing', 'True', 'NewReplicaSetAvailable'),
      seen,
    );
    await api.until(
      'apps/v1/replicasets',
      () => true,
      ({ items = [] }) => ({ status: items[0]?.status }),
    );
  });

  it('rolls out the next revision, and keeps the one before', async (api) => {
    await create(api, { replicas: 2 });
    await api.unrecorded.until(web, isComplete);
    await api.unrecorded.mergePatch(web, { metadata: { annotations: { note: 'second' } } });
    await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/web:2` }));
    await api.unrecorded.until(web, isComplete);
    await api.until(
      'apps/v1/replicasets',
      ({ items = [] }) => items.every(({ status }) => !status?.terminatingReplicas),
      revisions,
    );
    await api.until(
      web,
      (body) => isComplete(body) && has(body, 'Progressing', 'True', 'NewReplicaSetAvailable'),
      seen,
    );
  });

  it('makes an old revision the newest when its template comes back', async (api) => {
    await create(api, { replicas: 1 });
    await api.unrecorded.until(web, isComplete);
    for (const tag of ['2', '1']) {
      await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/web:${tag}` }));
      await api.unrecorded.until(web, isComplete);
    }
    await api.until('apps/v1/replicasets', () => true, revisions);
    await api.until(web, isComplete, seen);
  });

  it('goes no further than maxSurge and maxUnavailable, given as numbers', async (api) => {
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    await create(api, { replicas: 2, strategy: { rollingUpdate } });
    await api.unrecorded.until(web, isComplete);
    await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/missing:1` }));
    await keepHashes(api, 2);
    await api.until(
      web,
      (body) => isSeen(body) && body.status?.replicas === 3 && body.status.readyReplicas === 2,
      counts,
    );
    await api.until('apps/v1/replicasets', ({ items = [] }) => items.length === 2, revisions);
  });

  it('goes no further than maxSurge and maxUnavailable, given as parts', async (api) => {
    const rollingUpdate = { maxSurge: '50%', maxUnavailable: '50%' };
    await create(api, { replicas: 3, strategy: { rollingUpdate } });
    await api.unrecorded.until(web, isComplete);
    await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/missing:1` }));
    await keepHashes(api, 2);
    await api.until(
      web,
      ({ status }) => status?.updatedReplicas === 3 && status.replicas === 5 && status.terminatingReplicas === 0,
      seen,
    );
    await api.until('apps/v1/replicasets', ({ items = [] }) => items.length === 2, revisions);
  });

  it('ends the old pods before it starts new ones when it recreates', async (api) => {
    await create(api, { replicas: 1, strategy: { type: 'Recreate' } });
    await api.unrecorded.until(web, isComplete);
    const watch = await api.unrecorded.watch('v1/pods?resourceVersion=0');
    await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/web:2` }));
    await keepHashes(api, 2);
    await api.until(web, isComplete, seen);
    await watch.until((events) => events.some(({ type }) => type === 'DELETED'));
    const { events } = watch;
    const [old = ''] = events.map(({ object }) => object.metadata.name);
    const next = events.findIndex(({ object }) => object.metadata.name !== old);
    const before = events.slice(0, next).filter(({ object }) => object.metadata.name === old);
    const ended = before.some(({ type, object }) => type === 'DELETED' || object.status?.phase === 'Succeeded');
    if (next < 0 || !ended)
      throw new Error(`the next pod came before the end of the old one: ${JSON.stringify(events)}`);
  });

  it('tells that it makes no progress, and goes on when it can', async (api) => {
    await create(api, { replicas: 1, progressDeadlineSeconds: 2 }, {}, 'missing');
    await api.until(web, (body) => has(body, 'Progressing', 'False'), seen);
    await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/web:1` }));
    await keepHashes(api, 2);
    await api.until(
      web,
      (body) => isComplete(body) && has(body, 'Progressing', 'True', 'NewReplicaSetAvailable'),
      seen,
    );
  });

  it('keeps an old revision serving when the next one never gets ready', async (api) => {
    await create(api, { replicas: 2, progressDeadlineSeconds: 2 });
    await api.unrecorded.until(web, isComplete);
    await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/missing:1` }));
    await keepHashes(api, 2);
    await api.until(web, (body) => isSeen(body) && has(body, 'Progressing', 'False'), seen);
  });

  it('does nothing but scale while it is paused', async (api) => {
    await create(api, { replicas: 1 });
    await api.unrecorded.until(web, isComplete);
    await api.unrecorded.mergePatch(web, { spec: { paused: true } });
    await api.until(web, (body) => isSeen(body) && has(body, 'Progressing', 'Unknown'), seen);
    await api.unrecorded.strategicPatch(web, template({ image: `${api.cluster.registry}/slipway/web:2` }));
    await api.unrecorded.mergePatch(web, { spec: { replicas: 2 } });
    await api.until(web, (body) => isSeen(body) && body.status?.availableReplicas === 2, seen);
    await api.unrecorded.mergePatch(web, { spec: { paused: false } });
    await keepHashes(api, 2);
    await api.until(
      web,
      (body) => isComplete(body) && has(body, 'Progressing', 'True', 'NewReplicaSetAvailable'),
      seen,
    );
    await api.until('apps/v1/replicasets', ({ items = [] }) => items.length === 2, revisions);
  });

  it('forgets revisions beyond its limit', async (api) => {
    await create(api, { replicas: 1, revisionHistoryLimit: 1 });
    await api.unrecorded.until(web, isComplete);
    for (const step of ['2', '3']) {
      await api.unrecorded.strategicPatch(web, template({ env: [{ name: 'STEP', value: step }] }));
      await api.unrecorded.until(web, isComplete);
    }
    await api.until('apps/v1/replicasets', ({ items = [] }) => items.length === 2, revisions);
  });

  it('scales up and down, and to nothing', async (api) => {
    await create(api, { replicas: 1 });
    await api.unrecorded.until(web, isComplete);
    for (const replicas of [3, 1, 0]) {
      await api.unrecorded.mergePatch(`${web}/scale`, { spec: { replicas } });
      await api.until(
        web,
        (body) =>
          isSeen(body) &&
          (body.status?.replicas ?? 0) === replicas &&
          body.status?.terminatingReplicas === 0 &&
          (body.status.availableReplicas ?? 0) === replicas,
        seen,
      );
    }
  });

  it('tells that pods are refused', async (api) => {
    await api.unrecorded.post('v1/resourcequotas', { metadata: { name: 'small' }, spec: { hard: { pods: '1' } } });
    await api.unrecorded.until('v1/resourcequotas/small', ({ status }) => status?.hard !== undefined);
    await create(api, { replicas: 2 });
    const refusals = (object: Answered): object => ({
      // They stand in the order in which they came, which is by chance.
      conditions: conditionsOf(object)
        .toSorted((one, other) => (one.type < other.type ? -1 : 1))
        .map((condition) => ({
          ...condition,
          message: condition.message?.replace(/pods "web-[^"]*"/, 'pods "POD"'),
        })),
    });
    await api.until(
      'apps/v1/replicasets',
      ({ items = [] }) => items.some((set) => has(set, 'ReplicaFailure')),
      ({ items = [] }) => ({
        labels: items[0]?.metadata.labels,
        ...(items[0] ? refusals(items[0]) : {}),
      }),
    );
    await api.until(web, (body) => has(body, 'ReplicaFailure') && body.status?.availableReplicas === 1, refusals);
    await api.unrecorded.mergePatch('v1/resourcequotas/small', { spec: { hard: { pods: '5' } } });
    await api.until(web, (body) => !has(body, 'ReplicaFailure') && isComplete(body), refusals);
  });

  it('waits minReadySeconds before a pod is available', async (api) => {
    await create(api, { replicas: 1, minReadySeconds: 10 });
    await api.until(web, (body) => body.status?.readyReplicas === 1, seen);
    await api.until(
      web,
      (body) => body.status?.availableReplicas === 1 && has(body, 'Progressing', 'True', 'NewReplicaSetAvailable'),
      seen,
    );
  });
}
