// A user's cluster in the words of a problem. The reasons are ours: what a cluster or a proxy before it wrote is passed on to nobody.
import { ClusterError } from '@slipway/cluster';
import { problem, type Problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

const RETRY_AFTER_MS = 2_000;

/** Does `work` at the cluster. @throws Refusal for each way in which a cluster fails; what else is thrown passes */
export async function atCluster<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ClusterError ? new Refusal(troubleOf(error, what)) : error;
  }
}

/** @param what was asked for, such as `list secrets in "billing"` */
export function troubleOf({ kind, status, reason }: ClusterError, what: string): Problem {
  if (reason === 'AddressRefused')
    return problem.invalid('cluster_context', 'the server address is not allowed', { code: 'cluster_context' });
  const retry = { retryAfterMs: RETRY_AFTER_MS };
  if (kind === 'unreachable') {
    const text = `cluster unreachable: ${REASONS[reason] ?? 'the connection failed'}`;
    return problem.unavailable('cluster_context', text, { code: 'cluster_unreachable', ...retry });
  }
  const text =
    status === 401
      ? 'cluster refused the credentials'
      : kind === 'forbidden'
        ? `cluster refused access: ${what}`
        : 'cluster failed';
  return problem.unavailable('cluster_context', text, { code: 'cluster_refused', ...retry });
}

const REASONS: Readonly<Record<string, string>> = {
  Timeout: 'it did not answer in time',
  Aborted: 'it did not answer in time',
  UntrustedCertificate: 'its certificate is not trusted',
  BadCertificate: 'the certificates of the context cannot be read',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its host name cannot be looked up',
  ECONNREFUSED: 'nobody listens at its address',
};
