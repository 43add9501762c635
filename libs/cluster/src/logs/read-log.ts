import { ClusterError } from '../connection/cluster-error.js';
import type { Transport } from '../connection/transport.js';
import { objectPath } from '../objects/kinds.js';
import { parseLogLine, type LogLine, type LogSource } from './log-line.js';

const LIMIT_BYTES = 4 * 1024 * 1024;
const REMOVED = /^unable to retrieve container logs for \S+$/;

export interface ReadLogOptions extends LogSource {
  /** The log of the container that ran before the last restart. Default false. */
  readonly previous?: boolean;
  /** Default 4 MiB. The cluster stops there, counted from the first line that `tailLines` and `sinceTime` leave. */
  readonly limitBytes?: number;
}

/**
 * What a container has written up to now. Throws ClusterError: `not_found` without such a pod, container or earlier run, or
 * when the node has cleared it away, `unavailable` (retriable) while the container has not started.
 */
export async function readLog(transport: Transport, options: ReadLogOptions): Promise<LogLine[]> {
  try {
    const text = await transport.callText('GET', logPath(options), {
      query: {
        ...logQuery(options),
        previous: options.previous || undefined,
        limitBytes: options.limitBytes ?? LIMIT_BYTES,
      },
    });
    const lines = text.split('\n');
    if (lines.at(-1) === '') {
      lines.pop();
    }
    const parsed = lines.map(parseLogLine);
    // A kubelet that has cleared a dead container away says so with status 200, where its lines would begin with their times.
    const removed = parsed.find(({ time, text: said }) => time === '' && REMOVED.test(said));
    if (removed) {
      throw new ClusterError(removed.text, { kind: 'not_found', status: 200, reason: 'LogRemoved', retriable: false });
    }
    return parsed;
  } catch (error) {
    throw logError(error);
  }
}

export function logPath(source: LogSource): string {
  return `${objectPath('Pod', source.namespace, source.pod)}/log`;
}

export function logQuery(source: LogSource): Record<string, string | number | boolean | undefined> {
  return { container: source.container, timestamps: true, sinceTime: source.sinceTime, tailLines: source.tailLines };
}

// A kubelet answers 400 to all of these, and only its words tell them apart.
export function logError(error: unknown): unknown {
  if (!(error instanceof ClusterError) || error.status !== 400) {
    return error;
  }
  if (/waiting to start|is not available|is not running|PodInitializing|ContainerCreating/.test(error.message)) {
    const facts = { kind: 'unavailable', status: 400, reason: 'ContainerWaiting', retriable: true } as const;
    return new ClusterError(error.message, facts, { cause: error });
  }
  if (/previous terminated container .* not found|container .* is not valid for pod/.test(error.message)) {
    const facts = { kind: 'not_found', status: 400, reason: 'NoSuchContainer', retriable: false } as const;
    return new ClusterError(error.message, facts, { cause: error });
  }
  return error;
}
