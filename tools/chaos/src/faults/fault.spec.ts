import { describe, expect, it } from 'vitest';

import { dealt, lane, type Lasting } from './fault.js';

const lasting = (lastsMs: number, done: number[] = []): Lasting => ({
  lastsMs,
  text: 'away',
  inject: async (_, lasted) => void done.push(lasted),
});
const times = (loadS: number, restMs: number, ...lengths: number[]): [number, string][] =>
  lane(
    { loadMs: loadS * 1000 },
    restMs,
    lengths.map((one) => lasting(one)),
  ).map(({ atMs, text }) => [atMs, text]);

describe('a lane of faults', () => {
  it('has one after the other, each with its rest, over the three quarters of the load', () => {
    expect(times(80, 10_000, 5_000, 35_000)).toEqual([
      [10_000, 'away, 5000 ms'],
      [25_000, 'away, 35000 ms'],
    ]);
  });

  it('cuts all short alike where there is less time, and rests longer where there is more', () => {
    expect(times(40, 10_000, 5_000, 35_000)).toEqual([
      [5_000, 'away, 2500 ms'],
      [12_500, 'away, 17500 ms'],
    ]);
    expect(times(160, 10_000, 5_000, 35_000)).toEqual([
      [20_000, 'away, 5000 ms'],
      [50_000, 'away, 35000 ms'],
    ]);
  });

  it('waits for the one before, and tells a fault how long it lasts', async () => {
    const done: number[] = [];
    let heal: () => void = () => undefined;
    const slow: Lasting = { ...lasting(20_000), inject: () => new Promise<void>((resolve) => (heal = resolve)) };
    const [first, second] = lane({ loadMs: 40_000 }, 0, [slow, lasting(40_000, done)]);
    const injected = [first, second].map(async (one) => one?.inject({} as never));
    await Promise.resolve();
    expect(done).toEqual([]);
    heal();
    await Promise.all(injected);
    expect(done).toEqual([20_000]);
  });

  it('is dealt out evenly', () => {
    expect(dealt([1, 2, 3, 4, 5], 2)).toEqual([
      [1, 3, 5],
      [2, 4],
    ]);
  });
});
