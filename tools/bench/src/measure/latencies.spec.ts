import { describe, expect, it } from 'vitest';

import { Latencies } from './latencies.js';

describe('Latencies', () => {
  it('tells percentiles of what was recorded, to three figures', () => {
    const latencies = new Latencies();
    // 1 to 1000 ms in an order that is not sorted.
    for (let index = 0; index < 1000; index += 1) latencies.record(((index * 7) % 1000) + 1);
    const { p50Ms, p90Ms, p99Ms, p999Ms, maxMs } = latencies.reading();
    for (const [told, expected] of [
      [p50Ms, 500],
      [p90Ms, 900],
      [p99Ms, 990],
      [p999Ms, 999],
      [maxMs, 1000],
    ] as const) {
      expect(told).toBeGreaterThan(expected * 0.998);
      expect(told).toBeLessThan(expected * 1.002);
    }
    expect(latencies.count).toBe(1000);
  });

  it('shows one slow answer in a thousand in the last percentiles alone', () => {
    const latencies = new Latencies();
    for (let index = 0; index < 998; index += 1) latencies.record(1);
    for (let index = 0; index < 2; index += 1) latencies.record(5_000);
    expect(latencies.percentileMs(99)).toBeCloseTo(1, 2);
    expect(latencies.percentileMs(99.9)).toBeGreaterThan(4_990);
  });

  it('takes what is shorter than a microsecond, or earlier than planned by a clock’s grain, as the shortest', () => {
    const latencies = new Latencies();
    for (const ms of [0, -0.2, 0.0004]) latencies.record(ms);
    expect(latencies.reading().maxMs).toBe(0.001);
  });
});
