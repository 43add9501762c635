// Owns when something is sent: at the moments of a fixed rate, whether or not what was sent before has been answered. Whoever measures
// counts from the planned moment, so that a driver or a system that falls behind lengthens the latencies instead of hiding them.
import { setTimeout as delay } from 'node:timers/promises';

import { now } from './clock.js';

export interface OpenLoop {
  readonly perSecond: number;
  readonly count: number;
  /** When the first one is due; default now. */
  readonly beginAt?: number;
  /** Must not wait for an answer. `planned`: when it was due, on the clock of `now()`. */
  readonly send: (index: number, planned: number) => void;
}

/** Replaced in tests. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

const CLOCK: Clock = { now, sleep: (ms) => delay(ms) };

/** Resolves when the last one has been sent. A timer that comes late sends all that are due by then, each with its own planned moment. */
export async function openLoop({ perSecond, count, beginAt, send }: OpenLoop, clock: Clock = CLOCK): Promise<void> {
  const begin = beginAt ?? clock.now();
  for (let index = 0; index < count; index += 1) {
    const planned = begin + (index * 1000) / perSecond;
    for (let wait = planned - clock.now(); wait > 0; wait = planned - clock.now()) await clock.sleep(Math.ceil(wait));
    send(index, planned);
  }
}
