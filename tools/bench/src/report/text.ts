// Results as lines for the screen.
import type { Machine, Parts } from '../machine.js';
import type { Comparison } from './compare.js';
import type { Judged } from './judge.js';
import type { ScenarioResult } from './results.js';

const MARKS = { goal: 'goal met', gate: 'gate met', missed: 'GATE MISSED', told: '' } as const;

export function machineText(machine: Machine): string {
  const { cpu, cores, bound, memoryGiB, kernel, loadAverage, flushMs, node, commit, changed } = machine;
  const binding = bound
    ? `driver on core ${bound.driver}, Slipway and floors on ${bound.system.join(', ')}`
    : 'nobody bound to a core';
  return [
    `  ${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, load ${loadAverage.toFixed(1)}; ${binding}`,
    `  a flush takes ${flushMs.toFixed(2)} ms; Node ${node}; commit ${commit.slice(0, 7)}${changed ? ' with changes' : ''}`,
  ].join('\n');
}

export function partsText({ postgres, nats, settings }: Parts): string {
  const told = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return `  PostgreSQL ${postgres}, NATS ${nats}; ${told.join(', ')}`;
}

export function scenarioText({ name, judged, skipped = {}, void: reason }: ScenarioResult): string {
  const lines = [
    ...judged.map((one) => `    ${figureText(one)}`),
    ...Object.entries(skipped).map(([limit, why]) => `    ${limit.padEnd(34)} SKIPPED: ${why}`),
  ];
  return [`  ${name}${reason === undefined ? '' : `: void, ${reason}`}`, ...lines].join('\n');
}

function figureText({ name, unit, better, min, median, max, gate, goal, verdict }: Judged): string {
  const sign = better === 'lower' ? '≤' : '≥';
  const limits = [
    ...(gate === undefined ? [] : [`gate ${sign} ${gate}`]),
    ...(goal === undefined ? [] : [`goal ${sign} ${goal}`]),
  ].join(', ');
  const values = `${short(min)} · ${short(median)} · ${short(max)} ${unit}`;
  return `${name.padEnd(34)} ${values.padEnd(30)} ${limits.padEnd(26)} ${MARKS[verdict]}`.trimEnd();
}

export function comparisonText({ differences, missing }: Comparison): string {
  const lines = differences.map(({ benchmark, scenario, figure, unit, before, after, worse }) => {
    const name = `${benchmark} ${scenario}: ${figure}`;
    return `  ${name.padEnd(60)} ${short(before)} → ${short(after)} ${unit}${worse ? '  WORSE' : ''}`;
  });
  return [...lines, ...missing.map((name) => `  ${name}: NOT MEASURED in the second`)].join('\n');
}

/** Three figures are all that a round is good for. */
export function short(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
