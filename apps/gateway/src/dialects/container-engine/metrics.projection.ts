import type { AppMetrics, GetMetrics } from '@slipway/contracts';

import { failure } from './errors.js';
import type { DeploymentMetrics } from './metrics.dto.js';
import { timeOf } from './query.js';
import { rangeText } from './rule-texts.js';
import { toTime } from './time.js';

const MAX_RESOLUTION_SECONDS = 3_600;
const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600 };

/** @throws Failure 400 for a parameter that is none of its values */
export function toGetMetrics(id: string, query: URLSearchParams): GetMetrics {
  const from = timeOf(query, 'from');
  const to = timeOf(query, 'to');
  const resolutionSeconds = resolutionOf(query);
  return {
    app: { id },
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(resolutionSeconds !== undefined && { resolutionSeconds }),
  };
}

function resolutionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resolution');
  if (text === null) return undefined;
  const [, amount, unit = ''] = /^(\d{1,9})([smh]?)$/.exec(text) ?? [];
  if (amount === undefined) throw failure.invalidQuery('resolution: must be a duration such as 30s or 5m');
  const seconds = Number(amount) * (UNITS[unit] ?? 1);
  if (seconds < 1 || seconds > MAX_RESOLUTION_SECONDS) {
    throw failure.invalidQuery(`resolution: ${rangeText(1, MAX_RESOLUTION_SECONDS)} seconds`);
  }
  return seconds;
}

export function toMetrics({ sample, history }: AppMetrics): DeploymentMetrics {
  return {
    metrics: {
      ...(sample && {
        timestamp: toTime(sample.time),
        window_seconds: Math.round(sample.windowMs / 1_000),
        cpu: {
          usage_millicores: sample.cpu.usageMillicores,
          request_millicores: sample.cpu.requestMillicores,
          limit_millicores: sample.cpu.limitMillicores,
        },
        memory: {
          usage_bytes: sample.memory.usageBytes,
          request_bytes: sample.memory.requestBytes,
          limit_bytes: sample.memory.limitBytes,
        },
        pods: sample.pods.map(({ name, cpuMillicores, memoryBytes }) => ({
          name,
          cpu_millicores: cpuMillicores,
          memory_bytes: memoryBytes,
        })),
      }),
      // Without any data at all the object is empty, also where a history was asked for.
      ...(history &&
        (sample || history.length > 0) && {
          history: history.map(({ time, cpuMillicores, memoryBytes }) => ({
            timestamp: toTime(time),
            cpu_millicores: cpuMillicores,
            memory_bytes: memoryBytes,
          })),
        }),
    },
  };
}
