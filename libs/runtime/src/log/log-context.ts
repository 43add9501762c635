import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields that every log line inside a piece of work carries. */
export type LogContext = Readonly<Record<string, string | number | boolean | undefined>>;

// One storage for the process, like the asynchronous context that it follows: it holds no state of a service.
const storage = new AsyncLocalStorage<LogContext>();

/**
 * Runs `fn` so that every log line written inside it, across awaits, carries `fields`. A nested call adds to the outer
 * fields; undefined ones are left out. Usual names: `requestId`, `correlationId`, `messageId`, `operationId`.
 */
export function withLogContext<T>(fields: LogContext, fn: () => T): T {
  return storage.run({ ...storage.getStore(), ...fields }, fn);
}

/** The fields in force here, empty outside `withLogContext`. */
export function currentLogContext(): LogContext {
  return storage.getStore() ?? {};
}
