import type { ListLines, LogLine } from '@slipway/contracts';

import type { LineGap } from '../../core/log-follower.js';
import { failure } from './errors.js';
import type { LogEntry } from './logs.dto.js';
import { integerOf, oneOf, timeOf } from './query.js';
import { toTime } from './time.js';

const DEFAULT_TAIL = 100;
const MAX_TAIL = 10_000;
const MAX_POD_LENGTH = 253;
const MAX_CONTAINER_LENGTH = 63;

export type LogFormat = 'json' | 'text';

export interface LogsQuery {
  readonly lines: ListLines;
  readonly follow: boolean;
  readonly format: LogFormat;
}

/** @throws Failure 400 for a parameter that is none of its values; a tail above 10000 is 10000 */
export function toLogsQuery(appId: string, query: URLSearchParams, defaultFormat: LogFormat): LogsQuery {
  const tail = integerOf(query, 'tail', { min: 0 }) ?? DEFAULT_TAIL;
  const since = timeOf(query, 'since');
  const pod = nameOf(query, 'pod', MAX_POD_LENGTH);
  const container = nameOf(query, 'container', MAX_CONTAINER_LENGTH);
  const previous = oneOf(query, 'previous', ['true', 'false']) === 'true';
  const follow = oneOf(query, 'follow', ['true', 'false']) === 'true';
  const format = oneOf(query, 'format', ['json', 'text']) ?? defaultFormat;
  const lines = {
    appId,
    tail: Math.min(tail, MAX_TAIL),
    ...(since !== undefined && { since }),
    ...(pod !== undefined && { pod }),
    ...(container !== undefined && { container }),
    ...(previous && { previous }),
  };
  return { lines, follow, format };
}

/** What a WebSocket knows of the parameters: the others mean nothing to it. */
export function toStreamQuery(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => name !== 'previous' && name !== 'follow'));
}

function nameOf(query: URLSearchParams, name: string, maxLength: number): string | undefined {
  const text = query.get(name) ?? undefined;
  if (text !== undefined && (text === '' || text.length > maxLength)) {
    throw failure.invalidQuery(`${name}: must have 1 to ${maxLength} characters`);
  }
  return text;
}

export function toLogEntry(line: LogLine): LogEntry {
  return {
    timestamp: toTime(line.time),
    level: line.level,
    message: line.message,
    source: line.source,
    pod: line.pod ?? null,
    container: line.container ?? null,
    ...(line.truncated && { truncated: true }),
  };
}

/** Stands where lines were lost. */
export function toLossNotice(dropped: number, now: Date): LogEntry {
  const timestamp = toTime(now.toISOString());
  const message = `${dropped} lines dropped`;
  return { timestamp, level: 'warn', message, source: 'slipway', pod: null, container: null, dropped };
}

/** Stands where lines are missing that nobody has counted. */
export function toGapNotice({ from, to, pod, container }: LineGap, now: Date): LogEntry {
  const timestamp = toTime(to ?? now.toISOString());
  const message = `lines are missing${boundsOf(from, to)}`;
  return { timestamp, level: 'warn', message, source: 'slipway', pod, container };
}

function boundsOf(from: string | undefined, to: string | undefined): string {
  if (from !== undefined && to !== undefined) return ` between ${from} and ${to}`;
  if (from !== undefined) return ` after ${from}`;
  return to === undefined ? '' : ` before ${to}`;
}

/** Entries as plain lines. Pods are named where there are several, and from the second one that turns up on. */
export class TextLines {
  private readonly pods = new Set<string>();

  /** `several`: there is more than one pod, though others may have written nothing so far. */
  constructor(private readonly several = false) {}

  lineOf({ pod, timestamp, message }: LogEntry): string {
    const line = `${timestamp} ${message}`;
    if (pod === null) return line;
    this.pods.add(pod);
    return this.several || this.pods.size > 1 ? `[${pod}] ${line}` : line;
  }
}
