import type { TestedFact } from '@slipway/contracts';

const FACTS: Readonly<Record<string, TestedFact>> = {
  deployment_created: 'created',
  deployment_success: 'running',
  deployment_failed: 'failed',
};

/** What the original does not know it takes for a change of status. */
export function toTestedFact(type: string | null): TestedFact {
  return (type !== null && Object.hasOwn(FACTS, type) && FACTS[type]) || 'deploying';
}
