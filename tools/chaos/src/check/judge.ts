import { type Evidence, type Violation, violations } from './invariants.js';
import { type Operation, operationsOf } from './operations.js';
import { Places } from './places.js';
import { FAILING, type Judged, type Verdict, verdictOf } from './verdict.js';

export interface Judgement {
  readonly totals: Readonly<Record<Verdict, number>>;
  readonly failing: readonly Judged[];
  readonly violations: readonly Violation[];
  readonly operations: readonly Operation[];
}

/** The verdict on every operation, and every broken invariant. Pure: the same journal and world give the same judgement. */
export function judge(evidence: Omit<Evidence, 'operations'>): Judgement {
  const operations = operationsOf(evidence.journal);
  const places = new Places(evidence.world, operations);
  const judged = operations.map((one) => verdictOf(one, places.countsOf(one), places.sightingOf(one)));
  const totals = { ok: 0, unknown: 0, lost: 0, duplicate: 0, partial: 0, phantom: 0, late: 0 };
  for (const { verdict } of judged) totals[verdict] += 1;
  return {
    totals,
    failing: judged.filter(({ verdict }) => FAILING.includes(verdict)),
    violations: violations({ ...evidence, operations }),
    operations,
  };
}
