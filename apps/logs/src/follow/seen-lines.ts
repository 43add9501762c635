// Owns knowing which lines of a container have been published, over cut connections and restarts. A cluster takes `sinceTime` by whole
// seconds, so it sends lines again; a time may stand on several lines, so they are told apart by their number within that time.
import type { Position } from './positions.js';

const SECOND_LENGTH = '2026-03-01T10:00:00'.length;

const secondOf = (time: string): string => time.slice(0, SECOND_LENGTH);

export type Verdict = 'new' | 'new_after_gap' | 'repeat';

/** Times are those of toLineTime. */
export class SeenLines {
  private newest = '';
  /** How many lines of a time have been published; of the second of the newest one, which is all that is sent again. */
  private readonly published = new Map<string, number>();
  /** The same for what the present connection has sent. */
  private received = new Map<string, number>();
  /** What is older is none of our business, or was published. */
  private floor = '';
  private anchor = '';
  private anchored = true;

  /** Where the next connection has to begin; undefined before the first line. */
  get sinceTime(): string | undefined {
    return this.newest || undefined;
  }

  get position(): Pick<Position, 'time' | 'count'> {
    return { time: this.newest, count: this.published.get(this.newest) ?? 0 };
  }

  /** Goes on from where somebody else stopped. */
  resume({ time, count }: Pick<Position, 'time' | 'count'>): void {
    if (time === '') return;
    this.published.set(time, count);
    this.newest = time;
    this.floor = time;
  }

  /** Begins after these lines, the last ones that there are. */
  beginAfter(times: readonly string[]): void {
    for (const time of times) this.record(time);
    this.floor = times[0] ?? this.floor;
  }

  /**
   * A connection begins with `sinceTime`. `continuous`: it should begin with the newest line that was published; when it does not, lines
   * in between are gone (a rotated log), and the first new line says so.
   */
  reconnect({ continuous }: { continuous: boolean }): void {
    this.received = new Map();
    this.anchor = this.newest;
    this.anchored = !continuous || this.newest === '';
    if (secondOf(this.newest) > this.floor) this.floor = secondOf(this.newest);
  }

  /** Called for every line of a connection, in order. */
  judge(time: string): Verdict {
    const number = (this.received.get(time) ?? 0) + 1;
    this.received.set(time, number);
    if (time === this.anchor) this.anchored = true;
    if (time < this.floor || number <= (this.published.get(time) ?? 0)) return 'repeat';
    if (this.anchored) return 'new';
    this.anchored = true;
    return 'new_after_gap';
  }

  /** The line has been published. */
  record(time: string): void {
    this.published.set(time, (this.published.get(time) ?? 0) + 1);
    if (time <= this.newest) return;
    const nextSecond = secondOf(time) !== secondOf(this.newest);
    this.newest = time;
    if (!nextSecond) return;
    for (const counts of [this.published, this.received]) {
      for (const old of counts.keys()) if (old < secondOf(time)) counts.delete(old);
    }
  }
}
