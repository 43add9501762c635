import type { Problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

import { isProblem } from './app.js';

/** What a rule made, or its Problem thrown as a Refusal. */
export function orRefuse<T extends object | null>(outcome: T | Problem): T {
  if (outcome !== null && isProblem(outcome)) throw new Refusal(outcome);
  return outcome;
}
