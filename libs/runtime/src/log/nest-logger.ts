import type { LoggerService } from '@nestjs/common';

import type { Logger } from './logger.js';

/**
 * Nest's own lines on our logger, under the service `slipway`: Nest keeps one static logger per process, which cannot
 * know whose line it writes. Its chatter at level `log` (every module, every route) is `debug` here.
 */
export function nestLogger(root: Logger): LoggerService {
  const logger = root.child({ service: 'slipway' });
  return {
    log: (message: unknown, ...rest: unknown[]) => logger.debug(textOf(message), contextOf(rest)),
    debug: (message: unknown, ...rest: unknown[]) => logger.debug(textOf(message), contextOf(rest)),
    verbose: (message: unknown, ...rest: unknown[]) => logger.debug(textOf(message), contextOf(rest)),
    warn: (message: unknown, ...rest: unknown[]) => logger.warn(textOf(message), contextOf(rest)),
    error: (message: unknown, ...rest: unknown[]) =>
      logger.error(textOf(message), { ...errorOf(message), ...contextOf(rest) }),
    fatal: (message: unknown, ...rest: unknown[]) =>
      logger.fatal(textOf(message), { ...errorOf(message), ...contextOf(rest) }),
  };
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : (JSON.stringify(message) ?? String(message));
}

function errorOf(message: unknown): { err?: Error } {
  return message instanceof Error ? { err: message } : {};
}

// Nest passes its context last, and a stack before it where there is one.
function contextOf(rest: readonly unknown[]): Record<string, unknown> {
  const context = rest.at(-1);
  const stack = rest.length > 1 && typeof rest[0] === 'string' ? rest[0] : undefined;
  return { ...(typeof context === 'string' ? { context } : {}), ...(stack ? { stack } : {}) };
}
