// F8: the cluster's API refuses, breaks, answers late, does what it was asked and loses the answer, cuts and forgets watches, or does nothing.
import { setTimeout as delay } from 'node:timers/promises';

import type { EmbeddedCluster, Fault as ClusterFault } from '@slipway/embedded-cluster';

import { moments, type PlanFaults } from './fault.js';

type Act = (cluster: EmbeddedCluster, lastsMs: number) => Promise<void>;

/** For as long as it lasts, every such request. */
const refusing =
  (fault: ClusterFault): Act =>
  async (cluster, lastsMs) => {
    const end = cluster.faults.add({ ...fault, times: Number.POSITIVE_INFINITY });
    await delay(lastsMs);
    end();
  };

const acts: Readonly<Record<string, Act>> = {
  'too many requests': refusing({ status: 429, retryAfterSeconds: 1 }),
  'internal errors': refusing({ status: 500 }),
  'conflicts of applies': refusing({ verb: 'apply', status: 409 }),
  'answers after 30 s': async (cluster) => {
    cluster.faults.add({ verb: 'apply', delayMs: 30_000, times: 2 });
  },
  'applied, and the answer lost': refusing({ verb: 'apply', drop: 'after' }),
  'deleted, and the answer lost': refusing({ verb: 'delete', drop: 'after' }),
  'connections cut': async (cluster) => cluster.faults.cutConnections(),
  'watches cut once they stand': refusing({ verb: 'watch', drop: 'after' }),
  'watches that are too old': async (cluster) => {
    cluster.faults.forgetHistory();
    cluster.faults.cutConnections();
  },
  'controllers at rest': async (cluster, lastsMs) => {
    const goOn = cluster.faults.pauseControllers();
    await delay(lastsMs);
    goOn();
  },
};

export const clusterFaults: PlanFaults = (context) =>
  moments(context).map((atMs, index) => {
    const names = Object.keys(acts);
    const name = names[index % names.length] ?? '';
    const lastsMs = context.random.magnitudeBetween(500, 8_000);
    return {
      atMs,
      text: `cluster: ${name}, ${Math.round(lastsMs)} ms`,
      inject: async (rig) => acts[name]?.(rig.cluster, lastsMs),
    };
  });
