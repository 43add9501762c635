// One reader of an App's lines: the last ones, then what comes, each line once. Follows before it reads the past, so that a line
// between the two is seen twice rather than missed, and drops the second.
import { Injectable } from '@nestjs/common';
import { type LineList, followLines, listLines, type ListLines, type LiveLine, type LogLine } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

import { CoreClient } from './core-client.js';
import type { HttpCall } from './http-call.js';
import { comparableTime } from './line-time.js';
import { LiveSubjects, spread } from './live-subjects.js';
import { type Position, positionAt, ReadLines, type TimedLine, toTimedLine } from './read-lines.js';

/** What waits while the past is read. */
const MAX_PENDING = 10_000;
const MAX_TAIL = 10_000;
const RETRY_MS = 1_000;
/** How long lines wait behind those that were missed, when these cannot be read. */
const PATIENCE_MS = 30_000;

/** Lines that the reader does not get; how many, nobody knows. */
export interface LineGap {
  /** The last line before it; absent where the reader has had none. */
  readonly from?: string;
  /** The first line after it; absent where there is none yet. */
  readonly to?: string;
  readonly pod: string | null;
  readonly container: string | null;
}

export interface LineSink {
  line(line: LogLine): void;
  gap(gap: LineGap): void;
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

  /**
   * Once this resolves, no line is missed. `position` is that of an earlier stream, to go on from; one that is none of ours begins anew.
   * @throws Refusal when the App is not seen, or logs or the cluster is away
   */
  async open(call: HttpCall, query: ListLines, position?: string): Promise<FollowedLog> {
    const log = new FollowedLog(this.core, this.live, call, query, position ? positionAt(position) : undefined);
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
  /** Whether there was more than one pod at the beginning. */
  severalPods = false;
  private readonly beganAt = new Date().toISOString();
  private readonly read: ReadLines;
  private pastLines: LogLine[] = [];
  private pastGap: LineGap | undefined;
  /** What is older was not asked for. */
  private from: string | undefined;
  private pending: LiveLine[] = [];
  private missed = 0;
  private sink: LineSink | undefined;
  private leaseId: string | undefined;
  private subject: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;
  private catchingUp = false;
  private interruptions = 0;
  private interruptedAt = 0;
  private closed = false;

  constructor(
    private readonly core: CoreClient,
    private readonly live: LiveSubjects,
    private readonly call: HttpCall,
    private readonly query: ListLines,
    private readonly resumed: Position | undefined,
  ) {
    this.read = new ReadLines(resumed?.floors);
  }

  /** From where another stream can go on, when this one has ended. */
  get position(): string {
    return this.read.position();
  }

  async begin(): Promise<void> {
    await this.renew();
    const { resumed } = this;
    const asked = resumed ? { ...this.query, tail: MAX_TAIL, since: resumed.since } : this.query;
    const list = await this.core.query(this.call, listLines, asked);
    this.severalPods = list.severalPods === true;
    this.pastLines = resumed ? list.lines.filter((line) => toTimedLine(line).key > resumed.floor) : list.lines;
    this.from = resumed?.since ?? list.lines.find(isOfContainer)?.time ?? this.beganAt;
    if (resumed ? list.cut : isCutShort(list, asked.tail)) this.pastGap = this.gapBefore(list, resumed?.since);
  }

  /** Hands the reader the last lines, then what comes. To be called once. */
  start(sink: LineSink): void {
    if (this.closed) return sink.ended();
    this.sink = sink;
    if (this.pastGap) sink.gap(this.pastGap);
    for (const line of this.pastLines) this.hand(toTimedLine(line));
    this.pastLines = [];
    if (this.catchingUp) this.schedule(spread());
    else this.flush();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.stopListening();
    this.pending = [];
  }

  // The lease is renewed for as long as somebody reads.
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
        onDropped: (count) => this.receive(this.lossOf(count)),
        onReconnect: () => this.interrupt(),
      });
    }
    this.schedule(lease.renewWithinMs / 2);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.keepUp(), ms);
  }

  // Lines of now wait behind the ones that were missed.
  private interrupt(): void {
    if (this.closed) return;
    if (!this.catchingUp) this.interruptedAt = Date.now();
    this.catchingUp = true;
    this.interruptions += 1;
    if (this.sink) this.schedule(spread());
  }

  private async keepUp(): Promise<void> {
    try {
      await this.renew();
      if (this.catchingUp && this.sink) await this.catchUp();
    } catch (error) {
      if (this.closed) return;
      if (isNotFound(error, 'app')) return this.end();
      if (this.catchingUp && this.cannotWait(error)) this.goOn();
      this.schedule(RETRY_MS);
    }
  }

  private async catchUp(): Promise<void> {
    const { interruptions } = this;
    const list = await this.listMissed();
    if (this.closed) return;
    if (list.cut) this.sink?.gap(this.gapBefore(list, this.read.newest));
    for (const line of list.lines) this.hand(toTimedLine(line));
    // What has been lost meanwhile is asked for anew.
    if (interruptions !== this.interruptions) return;
    this.catchingUp = false;
    this.flush();
  }

  private async listMissed(): Promise<LineList> {
    const { appId, pod, container } = this.query;
    const since = [this.from ?? this.beganAt, this.read.sinceTime() ?? ''].map(orderOf).sort().at(-1);
    const asked = { appId, tail: MAX_TAIL, since, ...(pod && { pod }), ...(container && { container }) };
    try {
      return await this.core.query(this.call, listLines, asked);
    } catch (error) {
      // They went with their pod, which may come again.
      if (isNotFound(error, 'pod') || isNotFound(error, 'container')) return { lines: [] };
      throw error;
    }
  }

  private cannotWait(error: unknown): boolean {
    const isAway = !(error instanceof Refusal) || error.problem.kind === 'unavailable';
    return !isAway || (this.pending.length > 0 && Date.now() - this.interruptedAt > PATIENCE_MS);
  }

  /** What was missed cannot be read. */
  private goOn(): void {
    this.catchingUp = false;
    const to = this.pending.find(({ time }) => time !== undefined)?.time;
    this.sink?.gap({ ...this.ofQuery, from: this.read.newest, ...(to !== undefined && { to }) });
    this.flush();
  }

  private receive(message: LiveLine): void {
    if (this.closed) return;
    if (message.kind === 'break') return this.interrupt();
    if (!this.isWanted(message)) return;
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
    if (message.kind === 'gap') return this.tellGap(message);
    const timed = timedLineOf(message);
    if (timed) this.hand(timed, Date.now());
  }

  private tellGap({ dropped, since, time, pod, container }: LiveLine): void {
    if (dropped !== undefined) return this.sink?.dropped(dropped);
    const from = since ?? this.read.newest;
    this.sink?.gap({
      ...(from !== undefined && { from }),
      ...(time !== undefined && { to: time }),
      pod: pod ?? null,
      container: container ?? null,
    });
  }

  /** Of the messages that this gateway was too slow for, nobody knows whose they were. */
  private lossOf(count: number): LiveLine {
    const { pod, container } = this.query;
    return pod === undefined && container === undefined
      ? { kind: 'gap', dropped: count }
      : { kind: 'gap', pod, container };
  }

  private gapBefore({ lines }: LineList, from: string | undefined): LineGap {
    const to = lines.find(isOfContainer)?.time;
    return { ...this.ofQuery, ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  }

  private get ofQuery(): Pick<LineGap, 'pod' | 'container'> {
    return { pod: this.query.pod ?? null, container: this.query.container ?? null };
  }

  private isWanted({ pod, container }: LiveLine): boolean {
    const { query } = this;
    return isOneOf(query.pod, pod) && isOneOf(query.container, container);
  }

  private hand(timed: TimedLine, heardAt?: number): void {
    if (this.closed) return;
    // A notice is no line of the container that it is about.
    if (!isOfContainer(timed.line) || this.read.note(timed, heardAt)) this.sink?.line(timed.line);
  }

  private end(): void {
    if (this.closed) return;
    // What waits came before the end.
    if (this.pending.length > 0) {
      this.catchingUp = false;
      this.flush();
    }
    this.close();
    this.sink?.ended();
    this.sink = undefined;
  }
}

/** Whether older lines of the tail are missing, which one answer did not hold. */
export function isCutShort({ lines, cut }: LineList, tail: number): boolean {
  return cut === true && lines.filter(isOfContainer).length < tail;
}

const isOfContainer = ({ source }: LogLine): boolean => source !== 'slipway';

const isOneOf = (wanted: string | undefined, name: string | null | undefined): boolean =>
  wanted === undefined || name === undefined || name === null || name === wanted;

const isNotFound = (error: unknown, noun: 'app' | 'pod' | 'container'): boolean =>
  error instanceof Refusal && error.problem.kind === 'not_found' && error.problem.noun === noun;

const orderOf = (time: string): string => (time === '' ? '' : comparableTime(time));

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

function lineOf({ time, number, pod, container, source, level, message, truncated }: LiveLine): LogLine | undefined {
  if (time === undefined || message === undefined) return undefined;
  return {
    time,
    ...(number !== undefined && { number }),
    pod: pod ?? null,
    container: container ?? null,
    source: source ?? 'app',
    level: level ?? 'info',
    message,
    ...(truncated && { truncated }),
  };
}
