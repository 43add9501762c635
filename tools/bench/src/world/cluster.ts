// The embedded cluster in a process of its own, whose containers write what the driver wants and nothing else.
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

import { type Cluster, connectCluster, isRefused, trustedConnection } from '@slipway/cluster';
import { startEmbeddedCluster, type EmbeddedCluster } from '@slipway/embedded-cluster';

import { markOf } from '../measure/mark.js';
import { openLoop } from '../measure/open-loop.js';
import { answerDriver } from '../parts/child.js';

/** The longest that a timer takes: its containers write nothing by themselves. */
const NEVER_MS = 2 ** 31 - 1;

export interface ClusterAccess {
  readonly url: string;
  readonly caPem: string;
  readonly token: string;
  readonly kubeconfig: string;
}

export interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface Writing extends Container {
  readonly perSecond: number;
  readonly count: number;
  readonly beginAt: number;
}

/** What Slipway made. */
const OURS = { labelSelector: 'app.kubernetes.io/managed-by=slipway' };
const AT_ONCE = 8;

let cluster: EmbeddedCluster;
let requests = 0;
subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage };
  if (!/[?&]watch=(true|1)/.test(request.url ?? '')) requests += 1;
});

answerDriver({
  start: async (): Promise<ClusterAccess> => {
    cluster = await startEmbeddedCluster({ timings: { logIntervalMs: NEVER_MS } });
    const { url, caPem, token, kubeconfig } = cluster;
    return { url, caPem, token, kubeconfig };
  },
  /** How many requests it has got, beside watches. */
  requests: (): number => requests,
  /** What was applied in a namespace, and the namespace itself, in that order. */
  applied: ({ namespace }: { namespace: string }): { resource: string; name: string }[] =>
    cluster
      .writes()
      .filter((write) => write.verb === 'apply' && [write.namespace ?? write.name].includes(namespace))
      .map(({ resource, name }) => ({ resource, name })),
  /** Marked lines, at a fixed rate. */
  write: ({ namespace, pod, container, ...loop }: Writing): Promise<void> =>
    openLoop({
      ...loop,
      send: (index, planned) => cluster.writeLog({ namespace, pod, container }, markOf(index, planned)),
    }),
  /** How many writes changed something so far, but for leases. */
  writes: (): number => cluster.writes().filter(({ resource }) => resource !== 'leases').length,
  /** How many Deployments have all their pods. */
  running: (): Promise<number> =>
    asOperator(async (operator) => {
      const deployments = await operator.list('Deployment', OURS);
      return deployments.filter(({ spec, status }) => spec?.replicas === status?.readyReplicas).length;
    }),
  services: (): Promise<number> => asOperator(async (operator) => (await operator.list('Service', OURS)).length),
  /** Takes every Service away, as somebody with kubectl could. */
  deleteServices: (): Promise<void> =>
    asOperator(async (operator) => {
      const services = await operator.list('Service', OURS);
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let one = services.pop(); one; one = services.pop()) {
            const { namespace, name } = one.metadata;
            await operator.delete({ kind: 'Service', namespace, name });
          }
        }),
      );
    }),
});

async function asOperator<T>(work: (operator: Cluster) => Promise<T>): Promise<T> {
  const connection = trustedConnection(cluster.kubeconfig);
  if (isRefused(connection)) throw new Error(connection.refused);
  const operator = connectCluster(connection);
  try {
    return await work(operator);
  } finally {
    await operator.close();
  }
}
