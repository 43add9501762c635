import type { V1Pod } from '@slipway/cluster';

export interface ContainerRun {
  /** Restarts before it. */
  readonly number: number;
  readonly ended: boolean;
}

/** The run of a container whose log the cluster shows at present: of one that waits for its restart, the last one. */
export function runOf(pod: V1Pod, container: string): ContainerRun | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const status = [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container);
  if (!status) return undefined;
  if (status.state?.running) return { number: status.restartCount, ended: false };
  if (status.state?.terminated ?? status.lastState?.terminated) return { number: status.restartCount, ended: true };
  return undefined;
}
