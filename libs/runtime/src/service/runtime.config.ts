import { IsIn, IsInt, IsNotEmpty, Max, Min } from 'class-validator';

import { Variable } from '../config/variable.js';
import type { LogLevel } from '../log/logger.js';

const LOG_LEVELS: LogLevel[] = ['debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const NODE_ENV = 'development';
const ADMIN_PORT = 8081;
const SHUTDOWN_DEADLINE_MS = 10_000;

/** What every process of Slipway reads, beside its app's own class. Under `npm start` all apps share one process. */
export class RuntimeConfig {
  @Variable('NODE_ENV', {
    default: NODE_ENV,
    description:
      '`production` requires what has a default elsewhere, and refuses a database that may lose what it committed.',
  })
  @IsNotEmpty()
  nodeEnv: string;

  @Variable('LOG_LEVEL', { default: 'info', description: `Least level of a log line: ${LOG_LEVELS.join(', ')}.` })
  @IsIn(LOG_LEVELS)
  logLevel: LogLevel;

  @Variable('ADMIN_HOST', {
    default: '127.0.0.1',
    description: 'Address of /livez, /readyz and /metrics of a process; they ask for no credential.',
  })
  @IsNotEmpty()
  adminHost: string;

  @Variable('ADMIN_PORT', {
    type: 'integer',
    default: ADMIN_PORT,
    description: 'Port of /livez, /readyz and /metrics of a process; 0 takes a free one.',
  })
  @IsInt()
  @Min(0)
  @Max(65_535)
  adminPort: number;

  @Variable('SHUTDOWN_DEADLINE_MS', {
    type: 'integer',
    default: SHUTDOWN_DEADLINE_MS,
    description: 'Milliseconds that a stop may take before the process exits with code 1.',
  })
  @IsInt()
  @Min(100)
  shutdownDeadlineMs: number;
}
