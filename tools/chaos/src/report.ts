import { FAILING, type Judged, type Verdict } from './check/verdict.js';
import type { Violation } from './check/invariants.js';
import type { Options } from './options.js';
import type { RunRecord, RunResult } from './run.js';

const MOST_LINES = 20;

/** What a run printed in the end. */
export function reportOf({ totals, failing, violations, record, folder }: RunResult, options: Options): string {
  const { restarts, hits, faults, quietAfterMs } = record;
  const lines = [
    '',
    table(totals),
    '',
    `  ${faults.length} faults, ${restarts.length} restarts${readyOf(restarts)}, quiet after ${(quietAfterMs / 1000).toFixed(1)} s`,
    ...hitsOf(hits),
    ...some(failing, describe),
    ...some(violations, ({ invariant, text }: Violation) => `  ${invariant}: ${text}`),
  ];
  const isFailing = failing.length + violations.length > 0;
  lines.push(
    '',
    isFailing
      ? `  FAILED. Again: npm run chaos -- --row ${options.row} --replay ${folder}/journal.ndjson`
      : `  passed${boundOf(faults.length)}`,
    `  kept in ${folder}`,
  );
  return lines.join('\n');
}

function table(totals: Readonly<Record<Verdict, number>>): string {
  const entries = Object.entries(totals) as [Verdict, number][];
  return entries
    .map(([verdict, count]) => `  ${verdict.padEnd(10)} ${String(count).padStart(6)}${isBad(verdict, count)}`)
    .join('\n');
}

function isBad(verdict: Verdict, count: number): string {
  return count > 0 && FAILING.includes(verdict) ? '  <- fails' : '';
}

function describe({ operation, verdict, found }: Judged): string {
  const { op, workload, kind, target, value, outcome } = operation;
  return `  ${verdict}: operation ${op} of ${workload}, ${kind} ${target} ${value}, ${outcome}; found ${found}`;
}

function readyOf(restarts: RunRecord['restarts']): string {
  const times = restarts.flatMap(({ readyMs }) => readyMs ?? []).sort((a, b) => a - b);
  if (times.length === 0) return '';
  const at = (share: number): string => ((times[Math.ceil(times.length * share) - 1] ?? 0) / 1000).toFixed(1);
  return `, ready again after ${at(0.5)} s (median), ${at(0.99)} s (99 %)`;
}

function hitsOf(hits: RunRecord['hits']): string[] {
  return Object.entries(hits)
    .sort()
    .map(([name, count]) => `  ${name}: hit ${count} times`);
}

/** No failure in n tries bounds the rate at 3/n. */
function boundOf(faults: number): string {
  return faults >= 10
    ? `: no failure in ${faults} faults, so fewer than ${(300 / faults).toFixed(1)} % fail (95 %)`
    : '';
}

function some<T>(all: readonly T[], text: (one: T) => string): string[] {
  if (all.length === 0) return [];
  const more = all.length > MOST_LINES ? [`  … and ${all.length - MOST_LINES} more`] : [];
  return ['', ...all.slice(0, MOST_LINES).map(text), ...more];
}
