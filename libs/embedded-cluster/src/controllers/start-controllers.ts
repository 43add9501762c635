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

export interface Controllers {
  /** As if the controller-manager were gone: the scheduler and the node go on. The returned function brings it back. */
  pause(): () => void;
  reset(): void;
  stop(): void;
}

/** Starts everything that brings objects to life. */
export function startControllers(dependencies: ControllerDependencies): Controllers {
  const { registry, logs, timings, log, caPem, ingressAddress } = dependencies;
  const events = new EventRecorder(registry);
  const ofControllerManager = [
    new FinishNamespaces(registry, caPem),
    new ManageDeployments(registry, events),
    new ManageReplicaSets(registry, events),
    new ManageJobs(registry, events, timings),
    new PublishEndpoints(registry),
    new CountQuotas(registry),
    new CollectGarbage(registry),
  ];
  const others = [
    new SchedulePods(registry, events),
    new RunPods({ registry, logs, events, timings }),
    ...(ingressAddress !== undefined ? [new AddressIngresses(registry, ingressAddress)] : []),
  ];
  const loop = new ControlLoop(registry.store, [...ofControllerManager, ...others], log);
  return {
    pause: () => loop.pause(ofControllerManager.map(({ name }) => name)),
    reset: () => {
      loop.reset();
      events.reset();
    },
    stop: () => loop.stop(),
  };
}
