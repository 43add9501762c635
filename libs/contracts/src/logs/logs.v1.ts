import { Flag, Format, Id, Integer, NestedList, OneOf, Optional, Text, Time } from '../fields.js';
import type { AppId, EnvironmentId, UserId } from '../ids.js';

/** Longest message of a line, in bytes of UTF-8; what is longer is cut and marked. */
export const LINE_MAX_BYTES = 65_536;

export class LogLine {
  /** RFC 3339 with nanoseconds: with pod, container and number it is the line's key. */
  @Text({ max: 40 }) time: string;
  /** Of several lines of one time in one container, which it is; absent for the first. */
  @Integer({ min: 2 }) @Optional() number?: number;
  @Text({ max: 253 }) @Optional() pod: string | null;
  @Text({ max: 63 }) @Optional() container: string | null;
  /** `app`, or `slipway` for notices. */
  @Text({ max: 63 }) source: string;
  @OneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal']) level:
    'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  @Text({ max: LINE_MAX_BYTES }) message: string;
  @Flag() @Optional() truncated?: boolean;
}

export class ListLines {
  @Id() appId: AppId;
  /** Counted after the pods have been merged by time. */
  @Integer({ min: 0, max: 10_000 }) tail: number;
  @Time() @Optional() since?: string;
  @Text({ max: 253 }) @Optional() pod?: string;
  @Text({ max: 63 }) @Optional() container?: string;
  /** The lines of the run before the last restart. */
  @Flag() @Optional() previous?: boolean;
}

export class LineList {
  /** Behind them a notice for each container whose lines cannot be read at present. */
  @NestedList(() => LogLine, { max: 10_000 }) lines: LogLine[];
  /** There are older lines since the time that was asked for, or in the tail, than one answer holds. */
  @Flag() @Optional() cut?: boolean;
  /** More than one pod was asked, whether they have lines or not. */
  @Flag() @Optional() severalPods?: boolean;
}

/**
 * Keeps one upstream follow per container alive for as long as the lease is renewed, by asking again with its id.
 * Subscribe to the subject first: what was published before the answer is then seen twice rather than missed.
 */
export class FollowLines {
  @Id() appId: AppId;
  @Id() @Optional() leaseId?: string;
}

export class FollowedLines {
  @Id() leaseId: string;
  /** Ask again within this time. */
  @Integer({ min: 1 }) renewWithinMs: number;
  /** Where LiveLine messages of all pods arrive. */
  @Text({ max: 512 }) subject: string;
}

/** What travels on `log.<environment>.<app>.<pod>.<container>`. */
export class LiveLine {
  /** `break`: what was published before may not have arrived, so read the past again. `end`: the App is gone. */
  @OneOf(['line', 'gap', 'break', 'end']) kind: 'line' | 'gap' | 'break' | 'end';
  /** Of kind `line`; of kind `gap` the first line after it. */
  @Text({ max: 40 }) @Optional() time?: string;
  @Integer({ min: 2 }) @Optional() number?: number;
  @Text({ max: 253 }) @Optional() pod?: string | null;
  @Text({ max: 63 }) @Optional() container?: string | null;
  @Text({ max: 63 }) @Optional() source?: string;
  @OneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal']) @Optional() level?: LogLine['level'];
  @Text({ max: LINE_MAX_BYTES }) @Optional() message?: string;
  @Flag() @Optional() truncated?: boolean;
  /** Of kind `gap`: the last line before it. */
  @Text({ max: 40 }) @Optional() since?: string;
  /** Of kind `gap`: how many lines were dropped, where somebody knows it. */
  @Integer({ min: 1 }) @Optional() dropped?: number;
}

export class ListActivity {
  @Id() @Optional() environmentId?: EnvironmentId;
  @Id() @Optional() appId?: AppId;
  @Integer({ min: 1, max: 100 }) limit: number;
  /** Entries older than this one. */
  @Id() @Optional() before?: string;
}

export class ActivityEntry {
  @Id() id: string;
  @Time() time: string;
  /** The event's name without its version: `deployments.app.scaled`. */
  @Text({ max: 128 }) fact: string;
  @Id() @Optional() environmentId: EnvironmentId | null;
  @Format('dns_label') @Optional() environment: string | null;
  @Id() @Optional() appId: AppId | null;
  @Format('dns_label') @Optional() app: string | null;
  @Id() @Optional() actorId: UserId | null;
  @Text({ max: 50 }) @Optional() actorName: string | null;
  /** A sentence for people. */
  @Text({ max: 4096 }) message: string;
}

export class ActivityList {
  @NestedList(() => ActivityEntry, { max: 100 }) entries: ActivityEntry[];
}
