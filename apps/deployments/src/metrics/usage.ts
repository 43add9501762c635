import type { PodMetrics } from '@slipway/cluster';
import { billionths } from '@slipway/contracts';

import { INSTANCE } from '../reconciler/desired-objects.js';

const BILLION = 1e9;

export interface UsageOfPod {
  readonly name: string;
  /** In billionths of a CPU, as the cluster counts. */
  readonly nanocores: number;
  readonly bytes: number;
}

/** What the pods of one App used at one time. */
export interface Usage {
  /** In milliseconds since 1970, by the cluster's clock. */
  readonly time: number;
  readonly windowMs: number;
  readonly pods: readonly UsageOfPod[];
}

/** The usage of each App, by its id. Pods are measured at different moments: the newest counts for all of them. */
export function usageByApp(metrics: readonly PodMetrics[]): Map<string, Usage> {
  const usages = new Map<string, Usage>();
  for (const { metadata, timestamp, window, containers } of metrics) {
    const id = metadata.labels?.[INSTANCE];
    if (id === undefined) continue;
    const before = usages.get(id) ?? { time: 0, windowMs: 0, pods: [] };
    const pod = {
      name: metadata.name,
      nanocores: sum(containers.map(({ usage }) => Number(billionths(usage.cpu)))),
      bytes: Math.ceil(sum(containers.map(({ usage }) => Number(billionths(usage.memory)))) / BILLION),
    };
    usages.set(id, {
      time: Math.max(before.time, Date.parse(timestamp)),
      windowMs: Math.max(before.windowMs, millisecondsOf(window)),
      pods: [...before.pods, pod],
    });
  }
  return usages;
}

export function totalOf({ pods }: Usage): { nanocores: number; bytes: number } {
  return { nanocores: sum(pods.map(({ nanocores }) => nanocores)), bytes: sum(pods.map(({ bytes }) => bytes)) };
}

/** As kubectl shows it: what uses anything at all uses one. */
export function millicoresOf(nanocores: number): number {
  return Math.ceil(nanocores / 1e6);
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** A duration as Go writes it: `15.009s`, `1m0.5s`. */
export function millisecondsOf(duration: string): number {
  const parts = [...duration.matchAll(/([\d.]+)(ms|h|m|s)/g)];
  return Math.round(sum(parts.map(([, amount, unit = '']) => Number(amount) * (UNITS[unit] ?? 0))));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
