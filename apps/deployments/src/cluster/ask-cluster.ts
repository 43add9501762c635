import { ClusterError } from '@slipway/cluster';
import { type Problem, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { within } from '@slipway/runtime';

/** Well below the caller's patience. */
const PATIENCE_MS = 2_000;
const RETRY_AFTER_MS = 5_000;

/** What the cluster answers to a question that somebody waits for. @throws Refusal `cluster_unreachable` when it refuses or is silent */
export async function askCluster<T>(answer: Promise<T>): Promise<T> {
  try {
    return await within(PATIENCE_MS, answer, () => new Refusal(unreachable()));
  } catch (error) {
    if (error instanceof ClusterError) throw new Refusal(unreachable());
    throw error;
  }
}

/** Like `askCluster`, for what an answer can do without. */
export async function askClusterIfPossible<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await askCluster(answer);
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === 'cluster_unreachable') return undefined;
    throw error;
  }
}

const unreachable = (): Problem =>
  problem.unavailable('service', 'The cluster does not answer. Try again in a moment.', {
    code: 'cluster_unreachable',
    retryAfterMs: RETRY_AFTER_MS,
  });
