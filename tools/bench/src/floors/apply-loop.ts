// The floor of applying: the objects of one App after the other by server-side apply, on one connection that is kept.
import { now } from '../measure/clock.js';
import { openLoop } from '../measure/open-loop.js';
import { answerDriver } from '../parts/child.js';
import { ClusterClient } from '../parts/cluster-client.js';
import type { ClusterAccess } from '../world/cluster.js';

export interface Applied {
  readonly path: string;
  readonly body: string;
}

let client: ClusterClient;

answerDriver({
  start: ({ access }: { access: ClusterAccess }): void => {
    client = new ClusterClient(access, 1);
  },
  /** Resolves when all are applied, to the moments at which they were due. */
  apply: async ({
    apps,
    perSecond,
  }: {
    apps: readonly (readonly Applied[])[];
    perSecond: number;
  }): Promise<number[]> => {
    const due: number[] = [];
    let last = Promise.resolve();
    await openLoop({
      perSecond,
      count: apps.length,
      beginAt: now(),
      send: (index, planned) => {
        due.push(planned);
        last = last.then(async () => {
          for (const { path, body } of apps[index] ?? []) await client.apply(path, body);
        });
        // Awaited at the end; it may fail before.
        last.catch(() => undefined);
      },
    });
    await last;
    return due;
  },
});
