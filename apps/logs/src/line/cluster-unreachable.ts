import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

const RETRY_AFTER_MS = 5_000;

export function clusterUnreachable(): Refusal {
  return new Refusal(
    problem.unavailable('service', 'The cluster does not answer, so its logs cannot be read. Try again in a moment.', {
      code: 'cluster_unreachable',
      retryAfterMs: RETRY_AFTER_MS,
    }),
  );
}
