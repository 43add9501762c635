// The fault matrix: what each row does and what must hold beside the invariants. Another row is another entry.
import type { PlanFaults } from './faults/fault.js';
import { kills } from './faults/kill.js';
import type { RunRecord } from './run.js';

export interface Row {
  readonly title: string;
  readonly plan: PlanFaults;
  /** Default number of faults, and seconds of load. */
  readonly count: number;
  readonly seconds: number;
  readonly workloads?: readonly string[];
  /** Dead letters that the row brings about, as the checker words them. */
  readonly expectedLetters?: readonly RegExp[];
  /** What must hold besides; sentences about what does not. */
  readonly besides?: (record: RunRecord) => string[];
}

export const ALL_WORKLOADS = ['set', 'register', 'lifecycle', 'keys', 'unique', 'feed', 'lines', 'hooks'];
const READY_WITHIN_MS = 5_000;

export const rows: Readonly<Record<string, Row>> = {
  F1: { title: 'kill -9 of each service', plan: kills, count: 20, seconds: 60, besides: restartsAreQuick },
};

/** Restart to ready p99 < 5 s. */
function restartsAreQuick({ restarts }: RunRecord): string[] {
  const times = restarts.flatMap(({ readyMs }) => readyMs ?? []).sort((a, b) => a - b);
  const p99 = times[Math.ceil(times.length * 0.99) - 1];
  return p99 !== undefined && p99 > READY_WITHIN_MS
    ? [
        `restart to ready took ${(p99 / 1000).toFixed(1)} s at the 99th percentile, more than ${READY_WITHIN_MS / 1000} s`,
      ]
    : [];
}
