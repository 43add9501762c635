import { afterEach, beforeEach, expect, vi } from 'vitest';

import { startControllers } from '../controllers/start-controllers.js';
import type { ObjectsByResource, ResourceName } from '../kinds.js';
import { PodLogs } from '../logs.js';
import type { JsonObject } from '../objects.js';
import { Registry } from '../registry.js';
import { seed } from '../seed.js';
import { Store } from '../store.js';
import { defaultTimings, type Timings } from '../timings.js';

export interface Simulation {
  readonly registry: Registry;
  readonly logs: PodLogs;
  /** What a controller could not do; a test that leaves anything here has found a defect. */
  readonly failures: string[];
  create<R extends ResourceName>(resource: R, body: JsonObject, namespace?: string): ObjectsByResource[R];
  get<R extends ResourceName>(resource: R, name: string, namespace?: string): ObjectsByResource[R];
  list<R extends ResourceName>(resource: R, namespace?: string): ObjectsByResource[R][];
  /** Lets this much simulated time pass. Needs fake timers. */
  pass(milliseconds: number): Promise<void>;
  stop(): void;
}

/** The controllers over an empty cluster, without HTTP and under fake timers: minutes pass in no time. */
export function startSimulation(options: { timings?: Partial<Timings>; ingressAddress?: string } = {}): Simulation {
  vi.useFakeTimers();
  const registry = new Registry(new Store(5000));
  const logs = new PodLogs();
  const failures: string[] = [];
  const timings = { ...defaultTimings, ...options.timings };
  const { ingressAddress } = options;
  const log = (line: string): number => failures.push(line);
  const controllers = startControllers({ registry, logs, timings, log, caPem: 'CA', ingressAddress });
  seed(registry, { cpu: '8', memory: '16Gi' });
  return {
    registry,
    logs,
    failures,
    create: (resource, body, namespace = 'default') =>
      registry.create(resource, resource === 'namespaces' ? undefined : namespace, body) as never,
    get: (resource, name, namespace = 'default') =>
      registry.read(resource, resource === 'namespaces' ? undefined : namespace, name),
    list: (resource, namespace = 'default') => registry.store.list(resource, namespace),
    pass: async (milliseconds) => {
      await vi.advanceTimersByTimeAsync(milliseconds);
    },
    stop: () => {
      controllers.stop();
      vi.useRealTimers();
    },
  };
}

/** Gives each test of a `describe` a simulation of its own, in which no controller may have failed. */
export function useSimulation(give: (simulation: Simulation) => void): void {
  let simulation: Simulation;
  beforeEach(() => give((simulation = startSimulation())));
  afterEach(() => {
    expect(simulation.failures).toEqual([]);
    simulation.stop();
  });
}

export function deploymentBody(name: string, image: string, spec: JsonObject = {}): JsonObject {
  return {
    metadata: { name, labels: { app: name } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
      },
      ...spec,
    },
  };
}

export function podBody(name: string, image: string, container: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  return {
    metadata: { name, labels: { app: name } },
    spec: { containers: [{ name: 'web', image, ...container }], ...spec },
  };
}
