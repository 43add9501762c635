import { splitLines } from '../connection/split-lines.js';
import type { Transport } from '../connection/transport.js';
import { parseLogLine, type LogLine, type LogSource } from './log-line.js';
import { logError, logPath, logQuery } from './read-log.js';

const MAX_LINE_LENGTH = 256 * 1024;

export interface FollowLogOptions extends LogSource {
  /** Ends the follow; the promise then resolves. */
  readonly signal: AbortSignal;
}

/**
 * Follows a container's log on one connection. Resolves when the container has ended or `signal` aborts; throws ClusterError when
 * the connection breaks: reconnecting, with `sinceTime` and dropping what was seen, is the caller's. A promise returned by
 * `onLine` is awaited, which slows the cluster down instead of filling memory. Lines over 256 Ki characters come in pieces, of
 * which only the first has a time.
 */
export async function followLog(
  transport: Transport,
  options: FollowLogOptions,
  onLine: (line: LogLine) => void | Promise<void>,
): Promise<void> {
  try {
    const chunks = transport.stream(logPath(options), {
      query: { ...logQuery(options), follow: true },
      signal: options.signal,
      silenceMs: 0,
      // A kubelet begins its answer with the first line: a quiet container has nobody to wait for.
      headersMs: 0,
    });
    for await (const line of splitLines(chunks, MAX_LINE_LENGTH)) {
      if (options.signal.aborted) {
        return;
      }
      const handled = onLine(parseLogLine(line));
      if (handled !== undefined) {
        await handled;
      }
    }
  } catch (error) {
    throw logError(error);
  }
}
