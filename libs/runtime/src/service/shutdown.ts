import type { Logger } from '../log/logger.js';
import { flushSpans } from '../telemetry/spans.js';
import { within } from '../within.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** Telemetry gets this long to send its last spans to a collector that may be away. */
const FLUSH_MS = 1_000;

export class ShutdownDeadlineError extends Error {
  override readonly name = 'ShutdownDeadlineError';

  constructor(name: string, deadlineMs: number) {
    super(`${name} did not stop within ${deadlineMs} ms`);
  }
}

/**
 * Makes the first SIGTERM or SIGINT call `close` and the process end with code 0 when it is done, with 1 when it fails.
 * A second signal ends the process at once with code 1. Returns a function that takes the handlers away again.
 */
export function closeOnSignal(close: () => Promise<void>, logger: Logger): () => void {
  let closing = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (closing) {
      logger.fatal('stopped at once by a second signal', { signal });
      process.exit(1);
    }
    closing = true;
    logger.info('stopping', { signal });
    void stop(close, logger);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

async function stop(close: () => Promise<void>, logger: Logger): Promise<never> {
  try {
    await close();
  } catch (error) {
    logger.fatal('could not stop in order', { err: error });
    process.exit(1);
  }
  logger.info('stopped');
  await within(FLUSH_MS, flushSpans(), () => new Error('the collector did not answer')).catch((error: unknown) =>
    logger.warn('the last spans are lost', { err: error }),
  );
  // A handle that somebody forgot must not keep the process.
  process.exit(0);
}
