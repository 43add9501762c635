import type { PodLogs } from '../logs.js';
import type { Registry } from '../registry.js';
import type { Timings } from '../timings.js';
import { AddressIngresses } from './address-ingresses.js';
import { CollectGarbage } from './collect-garbage.js';
import { ControlLoop } from './control-loop.js';
import { CountQuotas } from './count-quotas.js';
import { FinishNamespaces } from './finish-namespaces.js';
import { ManageDeployments } from './manage-deployments.js';
import { ManageJobs } from './manage-jobs.js';
import { ManageReplicaSets } from './manage-replica-sets.js';
import { PublishEndpoints } from './publish-endpoints.js';
import { EventRecorder } from './record-event.js';
import { RunPods } from './run-pods.js';
import { SchedulePods } from './schedule-pods.js';

export interface ControllerDependencies {
  readonly registry: Registry;
  readonly logs: PodLogs;
  readonly timings: Timings;
  readonly log: (line: string) => void;
  readonly caPem: string;
  readonly ingressAddress: string | undefined;
}

/** Starts everything that brings objects to life. */
export function startControllers(dependencies: ControllerDependencies): { reset(): void; stop(): void } {
  const { registry, logs, timings, log, caPem, ingressAddress } = dependencies;
  const events = new EventRecorder(registry);
  const loop = new ControlLoop(
    registry.store,
    [
      new FinishNamespaces(registry, caPem),
      new ManageDeployments(registry, events),
      new ManageReplicaSets(registry, events),
      new ManageJobs(registry, events, timings),
      new SchedulePods(registry, events),
      new RunPods({ registry, logs, events, timings }),
      new PublishEndpoints(registry),
      new CountQuotas(registry),
      new CollectGarbage(registry),
      ...(ingressAddress !== undefined ? [new AddressIngresses(registry, ingressAddress)] : []),
    ],
    log,
  );
  return {
    reset: () => {
      loop.reset();
      events.reset();
    },
    stop: () => loop.stop(),
  };
}
