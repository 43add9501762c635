// The embedded cluster in a process of its own, whose containers write what the driver wants and nothing else.
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

let cluster: EmbeddedCluster;

answerDriver({
  start: async (): Promise<ClusterAccess> => {
    cluster = await startEmbeddedCluster({ timings: { logIntervalMs: NEVER_MS } });
    const { url, caPem, token, kubeconfig } = cluster;
    return { url, caPem, token, kubeconfig };
  },
  /** Marked lines, at a fixed rate. */
  write: ({ namespace, pod, container, ...loop }: Writing): Promise<void> =>
    openLoop({
      ...loop,
      send: (index, planned) => cluster.writeLog({ namespace, pod, container }, markOf(index, planned)),
    }),
});
