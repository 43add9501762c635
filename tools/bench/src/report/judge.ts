import type { Limit, Round } from '../benchmark.js';
import { type Spread, spreadOf } from '../measure/spread.js';

/** `told`: it has neither gate nor goal. */
export type Verdict = 'goal' | 'gate' | 'missed' | 'told';

/** One figure over all rounds. */
export interface Judged extends Spread, Pick<Limit, 'name' | 'unit' | 'better' | 'gate' | 'goal'> {
  readonly verdict: Verdict;
}

/** The median decides: of one round alone a busy machine may have made anything. */
export function judge(limit: Limit, rounds: readonly Round[]): Judged {
  const { name, unit, better, gate, goal } = limit;
  const spread = spreadOf(rounds.map((round) => limit.of(round)));
  const meets = (bound: number): boolean => (better === 'lower' ? spread.median <= bound : spread.median >= bound);
  let verdict: Verdict = 'told';
  if (goal !== undefined && meets(goal)) verdict = 'goal';
  else if (gate !== undefined) verdict = meets(gate) ? 'gate' : 'missed';
  return { name, unit, better, gate, goal, ...spread, verdict };
}
