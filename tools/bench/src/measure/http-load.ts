// Owns what is measured of an HTTP route: the latency of one request at a time, how many a second it can answer, and the latency at a share of
// that.
import type { Reading } from '../benchmark.js';
import { now } from './clock.js';
import { latenciesAlone, rateOf } from './closed-loop.js';
import { type Answer, HttpConnections } from './http-connections.js';
import { Latencies } from './latencies.js';
import { openLoop } from './open-loop.js';

const CONNECTIONS = 32;
const SATURATED_MS = 2_000;
const STEADY_SECONDS = 2;

export interface Route {
  readonly port: number;
  /** The next request. */
  readonly request: () => Buffer;
  /** Throws when the answer is not right. */
  readonly check: (answer: Answer) => void;
  readonly connections?: number;
}

/** `p50Ms` with one request at a time, `perSecond` at saturation, `halfP99Ms` at half of that. */
export async function measureRoute(route: Route): Promise<Reading> {
  const { connections = CONNECTIONS } = route;
  const alone = await over(route, 1, latenciesAlone);
  const perSecond = await over(route, connections, (ask) => rateOf(ask, connections, SATURATED_MS));
  const half = await over(route, connections, (ask) => latenciesAt(ask, perSecond / 2));
  return { p50Ms: alone.percentileMs(50), perSecond, halfP99Ms: half.percentileMs(99) };
}

/** `p50Ms` with one request at a time, and nothing else. */
export async function measureAlone(route: Route): Promise<Reading> {
  const alone = await over(route, 1, latenciesAlone);
  return { p50Ms: alone.percentileMs(50) };
}

// Opened anew each time: a server closes those that rest for some seconds.
async function over<T>(route: Route, count: number, work: (ask: () => Promise<void>) => Promise<T>): Promise<T> {
  const connections = await HttpConnections.open(route.port, count);
  try {
    return await work(async () => route.check(await connections.send(route.request())));
  } finally {
    connections.close();
  }
}

async function latenciesAt(ask: () => Promise<void>, perSecond: number): Promise<Latencies> {
  const latencies = new Latencies();
  const asked: Promise<void>[] = [];
  await openLoop({
    perSecond,
    count: Math.ceil(perSecond * STEADY_SECONDS),
    send: (_, planned) => {
      const one = ask().then(() => latencies.record(now() - planned));
      // Awaited at the end; it may fail before.
      one.catch(() => undefined);
      asked.push(one);
    },
  });
  await Promise.all(asked);
  return latencies;
}
