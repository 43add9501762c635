import { type AppMetrics, billionths, type MetricsSample } from '@slipway/contracts';

import type { Container } from '../app/container.js';
import { effectiveResources } from '../app/resources.js';
import { millicoresOf, totalOf, type Usage } from './usage.js';
import type { Point } from './usage-history.js';

const MILLIONTHS = 1_000_000n;
const BILLION = 1_000_000_000n;

export function toSample(usage: Usage, containers: readonly Container[]): MetricsSample {
  const { nanocores, bytes } = totalOf(usage);
  const resources = containers.map((container) => effectiveResources(container.resources));
  const ofAllPods = (quantities: readonly string[], unit: bigint): number =>
    usage.pods.length * Number(quantities.reduce((sum, quantity) => sum + billionths(quantity), 0n) / unit);
  return {
    time: new Date(usage.time).toISOString(),
    windowMs: usage.windowMs,
    cpu: {
      usageMillicores: millicoresOf(nanocores),
      requestMillicores: ofAllPods(
        resources.map(({ cpuRequest }) => cpuRequest),
        MILLIONTHS,
      ),
      limitMillicores: ofAllPods(
        resources.map(({ cpuLimit }) => cpuLimit),
        MILLIONTHS,
      ),
    },
    memory: {
      usageBytes: bytes,
      requestBytes: ofAllPods(
        resources.map(({ memoryRequest }) => memoryRequest),
        BILLION,
      ),
      limitBytes: ofAllPods(
        resources.map(({ memoryLimit }) => memoryLimit),
        BILLION,
      ),
    },
    pods: usage.pods
      .map((pod) => ({ name: pod.name, cpuMillicores: millicoresOf(pod.nanocores), memoryBytes: pod.bytes }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  };
}

export function toHistory(points: readonly Point[]): NonNullable<AppMetrics['history']> {
  return points.map(({ time, nanocores, bytes }) => ({
    time: new Date(time).toISOString(),
    cpuMillicores: millicoresOf(nanocores),
    memoryBytes: Math.round(bytes),
  }));
}
