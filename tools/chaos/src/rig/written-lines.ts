// Numbers that the containers of the `lines` workload print: 1..n per App, so that what a reader misses is known.
import { waitFor } from '@slipway/testing/test-run';

import { askCluster } from '../observe/cluster.js';
import type { Rig } from './rig.js';

const PERIOD_MS = 50;
const LINES_APP = /-lines$/;
const NAME = 'app.kubernetes.io/name';

export class WrittenLines {
  private readonly written: Record<string, string[]> = {};
  private readonly timer: NodeJS.Timeout;

  /** @param pods of one replica each, which nothing in the run replaces */
  private constructor(
    private readonly rig: Rig,
    private readonly pods: readonly { namespace: string; pod: string; app: string }[],
    private readonly padding: string,
  ) {
    this.timer = setInterval(() => this.write(), PERIOD_MS);
  }

  /** Waits for the pods of the Apps. `padding` stands behind the number of each line. */
  static async begin(rig: Rig, apps: number, padding: string): Promise<WrittenLines> {
    return waitFor(async () => {
      const pods = await askCluster(rig.cluster.kubeconfig, (cluster) => cluster.list('Pod'));
      const running = pods.filter(
        ({ metadata, status }) => LINES_APP.test(metadata.labels?.[NAME] ?? '') && status?.phase === 'Running',
      );
      if (running.length < apps) return undefined;
      const found = running.map(({ metadata }) => ({
        namespace: metadata.namespace ?? '',
        pod: metadata.name ?? '',
        app: metadata.labels?.[NAME] ?? '',
      }));
      return new WrittenLines(rig, found, padding);
    });
  }

  stop(): Record<string, string[]> {
    clearInterval(this.timer);
    return this.written;
  }

  private write(): void {
    for (const { namespace, pod, app } of this.pods) {
      const lines = (this.written[app] ??= []);
      const line = `chaos line ${lines.length + 1}`;
      this.rig.cluster.writeLog({ namespace, pod, container: 'app' }, line + this.padding);
      lines.push(line);
    }
  }
}
