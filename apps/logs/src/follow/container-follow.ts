// Owns the lines of one container from its first run to the end of its pod: every line once and in order, over cut connections and
// restarts, or a `gap` where the cluster has them no more. It holds one line at a time: a publisher that is slow slows the cluster
// down, so that no buffer overflows.
import { setTimeout as sleep } from 'node:timers/promises';

import { type Cluster, ClusterError } from '@slipway/cluster';
import type { LiveLine, LogLine } from '@slipway/contracts';
import { failpoint, type Logger } from '@slipway/runtime';

import { toLineTime } from '../line/line-time.js';
import { toLogLine, type Written } from '../line/log-line.js';
import type { ContainerRun } from './container-run.js';
import type { Position } from './positions.js';
import { SeenLines } from './seen-lines.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** How long the log of a pod that is gone is still asked for: its last lines may lie behind a cut connection. */
const LAST_LINES_MS = 10_000;
/** Enough to hold all lines of one time. */
const BASELINE_LINES = 50;
const READ_LIMIT_BYTES = 32 * 1024 * 1024;

export interface ContainerSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface FollowPorts {
  readonly cluster: Pick<Cluster, 'readLog' | 'followLog'>;
  readonly logger: Logger;
  /** Waits until the line may leave, and then lets it. */
  publish(line: LiveLine, signal: AbortSignal): Promise<void>;
}

/** `now`: after the lines that there are. `start`: with the first line. A position: where the last owner stopped. */
export type Beginning = 'now' | 'start' | Position;

export class ContainerFollow {
  /** Resolves when what is written from then on will be published; never, when it is stopped before. */
  readonly started: Promise<void>;
  /** Resolves when nothing more will come. */
  readonly finished: Promise<void>;

  private readonly seen = new SeenLines();
  private readonly stopped = new AbortController();
  private resolveStarted: () => void = () => undefined;
  private wake: () => void = () => undefined;
  private latest: ContainerRun | undefined;
  /** The run that was followed last, and the last one of which every line was read. -1: none. */
  private followed = -1;
  private complete = -1;
  /** The run of the newest line, as far as the pod's status told. */
  private newestRun = -1;
  private hasBegun: boolean;
  private isLate = false;
  private readonly fromStart: boolean;
  private isGone = false;
  private lastLines: NodeJS.Timeout | undefined;
  private pauseMs = FIRST_PAUSE_MS;

  constructor(
    private readonly source: ContainerSource,
    beginning: Beginning,
    run: ContainerRun | undefined,
    private readonly ports: FollowPorts,
  ) {
    this.latest = run;
    this.stopped.signal.addEventListener('abort', () => this.wake());
    this.started = new Promise((resolve) => (this.resolveStarted = resolve));
    if (typeof beginning === 'object') {
      this.seen.resume(beginning);
      this.followed = beginning.run;
    }
    // Of a container that has not run yet, the first line is still to come.
    this.hasBegun = beginning !== 'now' || run === undefined;
    this.fromStart = this.hasBegun;
    this.finished = this.follow();
  }

  get position(): Position {
    return { ...this.seen.position, run: this.followed };
  }

  /** What the pod's status tells. */
  update(run: ContainerRun | undefined): void {
    this.latest = run;
    this.pauseMs = FIRST_PAUSE_MS;
    this.wake();
  }

  /** Nobody waits for it any more: lines may be missing before the place where it can begin. */
  beginLater(): void {
    this.isLate = !this.hasBegun;
  }

  podGone(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.lastLines = setTimeout(() => this.stopped.abort(), LAST_LINES_MS).unref();
    this.wake();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.finished;
  }

  private async follow(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const run = this.latest;
      if (!run || run.number <= this.complete) {
        this.begin();
        if (this.isGone) break;
        await this.changed();
        continue;
      }
      try {
        await this.findBeginning(run);
        if (run.number > Math.max(this.followed, 0)) await this.readRunBefore();
        this.followed = run.number;
        await this.followLog(run);
        // Only a follow that began after the end of a run has certainly seen all of it: connections also end for other reasons.
        if (run.ended) this.complete = run.number;
        else await this.pause();
      } catch (error) {
        if (this.stopped.signal.aborted) break;
        if (this.isGone && error instanceof ClusterError && error.kind === 'not_found') break;
        if (error instanceof ClusterError)
          this.ports.logger.debug('a log is followed again', { err: error, ...this.source });
        else this.ports.logger.error('following a log failed', { err: error, ...this.source });
        await this.pause();
      }
    }
    clearTimeout(this.lastLines);
  }

  // The cluster's own time decides where "now" is: the clocks of its nodes may differ from ours.
  private async findBeginning(run: ContainerRun): Promise<void> {
    if (this.hasBegun) return this.begin();
    const lines = await this.read({ tailLines: BASELINE_LINES });
    const times = lines.map(({ time }) => toLineTime(time)).filter((time) => time !== undefined);
    const { pod, container } = this.source;
    if (this.isLate && times.length > 0)
      await this.ports.publish({ kind: 'gap', time: times.at(-1), pod, container }, this.stopped.signal);
    this.seen.beginAfter(times);
    this.followed = run.number;
    this.begin();
  }

  private begin(): void {
    this.hasBegun = true;
    this.resolveStarted();
  }

  private async followLog(run: ContainerRun): Promise<void> {
    const judge = this.seen.connect();
    const { sinceTime } = this.seen;
    const { signal } = this.stopped;
    let isFirst = sinceTime === undefined && this.fromStart;
    await this.ports.cluster.followLog({ ...this.source, sinceTime, signal }, async (written) => {
      await failpoint('logs.drop-upstream');
      const line = this.lineOf(written);
      const verdict = line && judge(line.time);
      if (!line || verdict === 'repeat') return;
      // The pod's status may be late, so that this is not the first run.
      if (isFirst) await this.readRunBefore();
      isFirst = false;
      // The first line of a run comes after those of the run before, of which none is missing.
      const continues = this.newestRun < run.number && this.complete === run.number - 1;
      // Another run has begun, of which the pod's status need not have told yet; or the log has been rotated.
      if (verdict === 'detached' && !continues && !(await this.readRunBefore())) await this.publishGap(line);
      await this.publish(line);
      this.newestRun = run.number;
    });
  }

  /** Publishes what is left of the run before the present one. False when there is nothing to read. */
  private async readRunBefore(): Promise<boolean> {
    const lines = await this.read({ previous: true, sinceTime: this.seen.sinceTime });
    const judge = this.seen.connect();
    for (const written of lines) {
      const line = this.lineOf(written);
      const verdict = line && judge(line.time);
      if (!line || verdict === 'repeat') continue;
      if (verdict === 'detached') await this.publishGap(line);
      await this.publish(line);
    }
    return lines.length > 0;
  }

  private lineOf(written: Written): LogLine | undefined {
    return this.stopped.signal.aborted ? undefined : toLogLine(written, this.source.pod, this.source.container);
  }

  // How many lines there were, nobody knows: their time is between the line before and this one.
  private async publishGap({ time, pod, container }: LogLine): Promise<void> {
    await this.ports.publish({ kind: 'gap', since: this.seen.sinceTime, time, pod, container }, this.stopped.signal);
  }

  private async publish(line: LogLine): Promise<void> {
    const number = this.seen.numberOf(line.time);
    await this.ports.publish({ kind: 'line', ...line, ...(number > 1 && { number }) }, this.stopped.signal);
    if (this.stopped.signal.aborted) return;
    this.seen.record(line.time);
    this.pauseMs = FIRST_PAUSE_MS;
  }

  private async read(options: { tailLines?: number; previous?: boolean; sinceTime?: string }): Promise<Written[]> {
    try {
      return await this.ports.cluster.readLog({ ...this.source, ...options, limitBytes: READ_LIMIT_BYTES });
    } catch (error) {
      // No such run, or none that has begun.
      if (error instanceof ClusterError && (error.kind === 'not_found' || error.reason === 'ContainerWaiting'))
        return [];
      throw error;
    }
  }

  private async changed(): Promise<void> {
    if (this.stopped.signal.aborted) return;
    await new Promise<void>((resolve) => (this.wake = resolve));
  }

  private async pause(): Promise<void> {
    const ms = this.pauseMs;
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.stopped.signal]);
    await Promise.race([sleep(ms, undefined, { signal, ref: false }).catch(() => undefined), this.changed()]);
    ended.abort();
  }
}
