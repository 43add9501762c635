import type { Judged } from './judge.js';
import type { Results } from './results.js';

/** How much worse a ratio may be. */
const TOLERANCE = 0.1;

export interface Difference {
  readonly benchmark: string;
  readonly scenario: string;
  readonly figure: string;
  readonly unit: Judged['unit'];
  readonly before: number;
  readonly after: number;
  /** A ratio that is more than a tenth worse. Other figures depend on the machine and its day; they are told only. */
  readonly worse: boolean;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** What the first file has and the second has not: a run that leaves out what was bad is no better. */
  readonly missing: readonly string[];
}

/** Holds the medians of one run against those of an earlier one. */
export function compare(before: Results, after: Results): Comparison {
  const later = new Map(figuresOf(after));
  const differences: Difference[] = [];
  const missing: string[] = [];
  for (const [key, one] of figuresOf(before)) {
    const other = later.get(key);
    if (!other) {
      missing.push(key);
      continue;
    }
    const { benchmark, scenario, judged } = one;
    const { name: figure, unit, better, median } = judged;
    const bound = better === 'lower' ? median * (1 + TOLERANCE) : median * (1 - TOLERANCE);
    const isWorse = better === 'lower' ? other.judged.median > bound : other.judged.median < bound;
    const worse = unit === '×' && isWorse;
    differences.push({ benchmark, scenario, figure, unit, before: median, after: other.judged.median, worse });
  }
  return { differences, missing };
}

interface Figure {
  readonly benchmark: string;
  readonly scenario: string;
  readonly judged: Judged;
}

function figuresOf({ benchmarks }: Results): [string, Figure][] {
  return benchmarks.flatMap(({ id, scenarios }) =>
    scenarios.flatMap(({ name, judged }) =>
      judged.map((one): [string, Figure] => [
        `${id}, ${name}: ${one.name}`,
        { benchmark: id, scenario: name, judged: one },
      ]),
    ),
  );
}
