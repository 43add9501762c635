// One reader of an App's lines: the last ones, then what comes, each line once. Follows before it reads the past, so that a line
// between the two is seen twice rather than missed, and drops the second by its time in its container.
import { Injectable } from '@nestjs/common';
import { followLines, listLines, type ListLines, type LiveLine, type LogLine } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

import { CoreClient } from './core-client.js';
import type { HttpCall } from './http-call.js';
import { comparableTime } from './line-time.js';
import { LiveSubjects, spread } from './live-subjects.js';

/** What waits while the past is read. */
const MAX_PENDING = 10_000;
const MAX_TAIL = 10_000;
const RETRY_MS = 1_000;

export interface LineSink {
  line(line: LogLine): void;
  /** So many lines were lost on the way. */
  dropped(count: number): void;
  /** The App is gone: there will be no more. */
  ended(): void;
}

@Injectable()
export class LogFollower {
  constructor(
    private readonly core: CoreClient,
    private readonly live: LiveSubjects,
  ) {}

  /** Once this resolves, no line is missed. @throws Refusal when the App is not seen, or logs or the cluster is away */
  async open(call: HttpCall, query: ListLines): Promise<FollowedLog> {
    const log = new FollowedLog(this.core, this.live, call, query);
    try {
      await log.begin();
    } catch (error) {
      log.close();
      throw error;
    }
    return log;
  }
}

export class FollowedLog {
  private readonly beganAt = new Date().toISOString();
  private readonly lastTimes = new Map<string, string>();
  private past: LogLine[] = [];
  private pending: LiveLine[] = [];
  private missed = 0;
  private sink: LineSink | undefined;
  private leaseId: string | undefined;
  private subject: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;
  private interrupted = false;
  private catchingUp = false;
  private closed = false;

  constructor(
    private readonly core: CoreClient,
    private readonly live: LiveSubjects,
    private readonly call: HttpCall,
    private readonly query: ListLines,
  ) {}

  async begin(): Promise<void> {
    await this.renew();
    this.past = (await this.core.query(this.call, listLines, this.query)).lines;
  }

  /** Hands the reader the last lines, then what comes. To be called once. */
  start(sink: LineSink): void {
    this.sink = sink;
    for (const line of this.past) {
      this.note(toTimedLine(line));
      sink.line(line);
    }
    this.past = [];
    this.flush();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.stopListening();
    this.pending = [];
  }

  // The lease is renewed for as long as somebody reads; when logs was away meanwhile, what it wrote is read from the past.
  private async renew(): Promise<void> {
    const { appId } = this.query;
    const { leaseId } = this;
    const lease = await this.core.query(this.call, followLines, { appId, ...(leaseId && { leaseId }) });
    if (this.closed) return;
    this.leaseId = lease.leaseId;
    if (this.subject !== lease.subject) {
      this.stopListening();
      this.subject = lease.subject;
      this.stopListening = this.live.listen(lease.subject, {
        onMessage: (payload) => this.receive(payload as LiveLine),
        onDropped: (count) => this.receive({ kind: 'gap', dropped: count }),
        onReconnect: () => this.afterReconnect(),
      });
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.keepUp(), lease.renewWithinMs / 2);
  }

  // Lines of now wait behind the ones that were missed, or the older ones would count as seen.
  private afterReconnect(): void {
    if (this.closed) return;
    this.catchingUp = true;
    this.interrupted = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.keepUp(), spread());
  }

  private async keepUp(): Promise<void> {
    try {
      await this.renew();
      if (this.interrupted) await this.catchUp();
    } catch (error) {
      if (this.closed) return;
      if (error instanceof Refusal && error.problem.kind === 'not_found') return this.end();
      this.interrupted = true;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.keepUp(), RETRY_MS);
    }
  }

  private async catchUp(): Promise<void> {
    this.catchingUp = true;
    const since = [...this.lastTimes.values()].sort().at(0) ?? this.beganAt;
    const { lines } = await this.core.query(this.call, listLines, { ...this.query, tail: MAX_TAIL, since });
    for (const line of lines) this.hand(toTimedLine(line));
    this.catchingUp = false;
    this.interrupted = false;
    this.flush();
  }

  private receive(message: LiveLine): void {
    if (this.closed) return;
    if (this.sink && !this.catchingUp) return this.pass(message);
    if (this.pending.length < MAX_PENDING) this.pending.push(message);
    else this.missed += 1;
  }

  private flush(): void {
    for (const message of this.pending.splice(0)) this.pass(message);
    if (this.missed > 0) this.sink?.dropped(this.missed);
    this.missed = 0;
  }

  private pass(message: LiveLine): void {
    if (message.kind === 'end') return this.end();
    if (message.kind === 'gap') return this.sink?.dropped(message.dropped ?? 1);
    const timed = timedLineOf(message);
    if (timed && this.isWanted(timed.line)) this.hand(timed);
  }

  private isWanted({ pod, container }: LogLine): boolean {
    const { query } = this;
    return (
      (query.pod === undefined || query.pod === pod) && (query.container === undefined || query.container === container)
    );
  }

  private hand(timed: TimedLine): void {
    if (!this.closed && this.note(timed)) this.sink?.line(timed.line);
  }

  /** False for a line of a time that its container has passed already. */
  private note({ container, time }: TimedLine): boolean {
    const isNew = time > (this.lastTimes.get(container) ?? '');
    if (isNew) this.lastTimes.set(container, time);
    return isNew;
  }

  private end(): void {
    if (this.closed) return;
    this.close();
    this.sink?.ended();
  }
}

interface TimedLine {
  readonly line: LogLine;
  readonly container: string;
  /** Comparable. */
  readonly time: string;
}

function toTimedLine(line: LogLine): TimedLine {
  return { line, container: `${line.pod ?? ''}/${line.container ?? ''}`, time: comparableTime(line.time) };
}

/** A message is one object for all readers of a container, of which there may be hundreds: what each of them needs of it is made once. */
const timedLines = new WeakMap<LiveLine, TimedLine>();

function timedLineOf(message: LiveLine): TimedLine | undefined {
  const known = timedLines.get(message);
  if (known) return known;
  const line = lineOf(message);
  if (!line) return undefined;
  const timed = toTimedLine(line);
  timedLines.set(message, timed);
  return timed;
}

function lineOf({ time, pod, container, source, level, message, truncated }: LiveLine): LogLine | undefined {
  if (time === undefined || message === undefined) return undefined;
  return {
    time,
    pod: pod ?? null,
    container: container ?? null,
    source: source ?? 'app',
    level: level ?? 'info',
    message,
    ...(truncated && { truncated }),
  };
}
