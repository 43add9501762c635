// Owns what asks again as soon as it has been answered: one at a time for latencies, several for a rate.
import { now } from './clock.js';
import { Latencies } from './latencies.js';

const TIMES = 400;
const WARM_UP = 100;

/** Latencies of one at a time, after some that warm up. */
export async function latenciesAlone(ask: () => Promise<unknown>): Promise<Latencies> {
  const latencies = new Latencies();
  for (let index = -WARM_UP; index < TIMES; index += 1) {
    const began = now();
    await ask();
    if (index >= 0) latencies.record(now() - began);
  }
  return latencies;
}

/** How many a second `clients` get answered in `ms`. */
export async function rateOf(ask: () => Promise<unknown>, clients: number, ms: number): Promise<number> {
  const began = now();
  let count = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (now() - began < ms) {
        await ask();
        count += 1;
      }
    }),
  );
  return (1000 * count) / (now() - began);
}
