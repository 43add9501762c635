// Owns knowing which lines of a container have been published, over cut connections and restarts. A cluster takes `sinceTime` by whole
// seconds, so it sends lines again; a time may stand on several lines, so they are told apart by their number within that time.
import type { Position } from './positions.js';

const SECOND_LENGTH = '2026-03-01T10:00:00'.length;

const secondOf = (time: string): string => time.slice(0, SECOND_LENGTH);

/** `detached`: new, and the newest line that was published did not come before it, as it should have. Said once per connection. */
export type Verdict = 'new' | 'detached' | 'repeat';

/** Times are those of toLineTime. */
export class SeenLines {
  private newest = '';
  /** How many lines of a time have been published; of the second of the newest one, which is all that is sent again. */
  private readonly published = new Map<string, number>();
  /** What is older is none of our business. */
  private floor = '';

  /** Where the next connection has to begin; undefined before the first line. */
  get sinceTime(): string | undefined {
    return this.newest || undefined;
  }

  get position(): Pick<Position, 'time' | 'count'> {
    return { time: this.newest, count: this.published.get(this.newest) ?? 0 };
  }

  /** Which one of its time the next line of it is. */
  numberOf(time: string): number {
    return (this.published.get(time) ?? 0) + 1;
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

  /** A connection with `sinceTime` begins. Returns the judge of its lines, which is given every one of them, in order. */
  connect(): (time: string) => Verdict {
    const received = new Map<string, number>();
    const anchor = this.newest;
    const floor = secondOf(anchor) > this.floor ? secondOf(anchor) : this.floor;
    let anchored = anchor === '';
    let second = '';
    return (time) => {
      if (secondOf(time) > second) {
        second = secondOf(time);
        forgetBefore(second, received);
      }
      const number = (received.get(time) ?? 0) + 1;
      received.set(time, number);
      if (time === anchor) anchored = true;
      if (time < floor || number <= (this.published.get(time) ?? 0)) return 'repeat';
      if (anchored) return 'new';
      anchored = true;
      return 'detached';
    };
  }

  /** The line has been published. */
  record(time: string): void {
    this.published.set(time, (this.published.get(time) ?? 0) + 1);
    if (time <= this.newest) return;
    if (secondOf(time) !== secondOf(this.newest)) forgetBefore(secondOf(time), this.published);
    this.newest = time;
  }
}

function forgetBefore(second: string, counts: Map<string, number>): void {
  for (const time of counts.keys()) if (time < second) counts.delete(time);
}
