import { trace } from '@opentelemetry/api';
import {
  type DestinationStream,
  type Logger as PinoLogger,
  destination as fileDestination,
  pino,
  stdTimeFunctions,
} from 'pino';

import { currentLogContext } from './log-context.js';
import { redact, redactText } from './redact.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  /** Lines below it are not written. Default: `info`. */
  level?: LogLevel;
  /** A file (appended to, folders made), or anything with `write(line)`. Default: standard output. */
  destination?: string | DestinationStream;
}

/**
 * JSON lines. Each carries time, level, service, the fields of `withLogContext`, and trace and span id where a span is
 * active; the names and texts of `redact` never reach the destination. An error belongs under `err`:
 * `logger.error('could not publish', { err: error, subject })`.
 */
export class Logger {
  constructor(private readonly pino: PinoLogger) {}

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  fatal(message: string, fields?: LogFields): void {
    this.write('fatal', message, fields);
  }

  /** A logger to the same destination whose lines carry `fields` as well. */
  child(fields: LogFields): Logger {
    return new Logger(this.pino.child(redact(fields) as Record<string, unknown>));
  }

  private write(level: Exclude<LogLevel, 'silent'>, message: string, fields: LogFields = {}): void {
    if (!this.pino.isLevelEnabled(level)) return;
    this.pino[level](redact({ ...contextFields(), ...fields }), redactText(message));
  }
}

/**
 * The injection token of a service's own logger, whose lines say `"service": "<name>"`. It is not called Logger, so that
 * nobody takes Nest's by mistake: that one is static, and in one process lines come out under another service's name.
 */
export class ServiceLogger extends Logger {}

/** The logger that all services of a process have in common; a service gets a child with its name. */
export function createLogger(options: LoggerOptions = {}): Logger {
  return new Logger(createPino(options));
}

/** A logger for `service` on the destination of `root`, of the class that services inject. */
export function createServiceLogger(root: Logger, service: string): ServiceLogger {
  return root.child({ service });
}

// Lines are written synchronously: a line that is lost when the process ends is the one that was needed.
function createPino({ level = 'info', destination }: LoggerOptions): PinoLogger {
  const stream =
    typeof destination === 'object'
      ? destination
      : fileDestination({ dest: destination ?? 1, mkdir: true, sync: true });
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // `redact` has described the error already; the default serializer would describe the description.
      serializers: { err: (err: unknown) => err },
    },
    stream,
  );
}

function contextFields(): LogFields {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { ...currentLogContext(), traceId: span.traceId, spanId: span.spanId } : currentLogContext();
}
