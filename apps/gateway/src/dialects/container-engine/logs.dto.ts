import { Flag, Integer, NestedList, OneOf, Optional, Text, Time } from '@slipway/contracts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

export class LogEntry {
  @Time() timestamp: string;
  @OneOf(LOG_LEVELS) level: (typeof LOG_LEVELS)[number];
  @Text() message: string;
  @Text() source: string;
  @Text() @Optional() pod: string | null;
  @Text() @Optional() container: string | null;
  @Flag() @Optional() truncated?: boolean;
  /** So many lines were lost before this one; only in a notice of Slipway. */
  @Integer() @Optional() dropped?: number;
}

export class LogList {
  @NestedList(() => LogEntry) logs: LogEntry[];
}
