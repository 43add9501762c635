import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

import type { Reading } from '../benchmark.js';

const LONGEST_US = 10 * 60 * 1_000_000;

/** Latencies of one round, in Node's own HDR histogram: to three figures, however many there are. */
export class Latencies {
  // Microseconds: the histogram takes whole numbers only.
  private readonly histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: LONGEST_US, figures: 3 });

  record(ms: number): void {
    this.histogram.record(Math.min(Math.max(Math.round(ms * 1000), 1), LONGEST_US));
  }

  get count(): number {
    return this.histogram.count;
  }

  percentileMs(percentile: number): number {
    return this.histogram.percentile(percentile) / 1000;
  }

  reading(): Reading {
    return {
      p50Ms: this.percentileMs(50),
      p90Ms: this.percentileMs(90),
      p99Ms: this.percentileMs(99),
      p999Ms: this.percentileMs(99.9),
      maxMs: this.histogram.max / 1000,
    };
  }
}
