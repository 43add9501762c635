import type { Logger } from '../log/logger.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** What still keeps the process alive after closing gets this long before it is ended all the same. */
const LINGER_MS = 1_000;

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
    close().then(
      () => {
        logger.info('stopped', { signal });
        process.exitCode = 0;
        // The event loop ends by itself and telemetry sends its rest; a forgotten handle must not keep the process.
        setTimeout(() => process.exit(0), LINGER_MS).unref();
      },
      (error: unknown) => {
        logger.fatal('could not stop in order', { err: error });
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
