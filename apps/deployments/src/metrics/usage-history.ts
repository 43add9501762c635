// Owns what this replica remembers of what Apps use: the newest sample of each, and the totals of the last hour. In memory alone: a
// replica that has just started knows little, and replicas may differ by a sample.
import { totalOf, type Usage } from './usage.js';

export const KEPT_MS = 3_600_000;

interface Total {
  readonly time: number;
  readonly nanocores: number;
  readonly bytes: number;
}

export interface Point {
  /** The beginning of the interval, in milliseconds since 1970. */
  readonly time: number;
  readonly nanocores: number;
  readonly bytes: number;
}

export interface Interval {
  readonly from?: number;
  readonly to?: number;
  readonly resolutionMs: number;
}

export class UsageHistory {
  private newest: ReadonlyMap<string, Usage> = new Map();
  private readonly totals = new Map<string, Total[]>();

  /** Takes what the cluster tells of all Apps at once: of one that is not in it there is nothing new to tell. */
  add(usages: ReadonlyMap<string, Usage>, now: number): void {
    this.newest = usages;
    for (const [id, usage] of usages) {
      const totals = this.totals.get(id) ?? [];
      this.totals.set(id, totals);
      // The cluster measures more slowly than it may be asked.
      if (usage.time > (totals.at(-1)?.time ?? 0)) totals.push({ time: usage.time, ...totalOf(usage) });
    }
    for (const [id, totals] of this.totals) {
      const kept = totals.filter(({ time }) => time > now - KEPT_MS);
      if (kept.length === 0) this.totals.delete(id);
      else if (kept.length < totals.length) this.totals.set(id, kept);
    }
  }

  /** The cluster has told nothing for so long that the newest samples are old ones. */
  forgetNewest(): void {
    this.newest = new Map();
  }

  of(id: string): Usage | undefined {
    return this.newest.get(id);
  }

  /** Means per interval, oldest first; an interval without a sample has no point. */
  history(id: string, { from = 0, to = Infinity, resolutionMs }: Interval, now: number): Point[] {
    const intervals = new Map<number, Total[]>();
    for (const total of this.totals.get(id) ?? []) {
      if (total.time < from || total.time > to || total.time <= now - KEPT_MS) continue;
      const begin = Math.floor(total.time / resolutionMs) * resolutionMs;
      intervals.set(begin, [...(intervals.get(begin) ?? []), total]);
    }
    return [...intervals].map(([time, totals]) => ({
      time,
      nanocores: mean(totals.map(({ nanocores }) => nanocores)),
      bytes: mean(totals.map(({ bytes }) => bytes)),
    }));
  }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0) / numbers.length;
}
