// B7: events to 1,000 and 10,000 sockets of notifications. A user has at most 50 sockets, so an event is one fact for each of 20 or 200
// users, all due at the same moment. Beside it a bare `ws` server that sends as many frames.
import { randomUUID } from 'node:crypto';

import { type Benchmark, figure, type Limit, type Reading, type Scenario, type Side } from '../benchmark.js';
import { now } from '../measure/clock.js';
import { Expected } from '../measure/expected.js';
import { markOf } from '../measure/mark.js';
import { openLoop } from '../measure/open-loop.js';
import { FactSource } from '../parts/fact-source.js';
import type { Instance, User } from '../parts/instance.js';
import { SocketReaders } from '../parts/socket-readers.js';
import type { Stage } from '../stage.js';

/** What the API lets one user have. */
const SOCKETS_PER_USER = 50;
const PATIENCE_MS = 60_000;

interface Size {
  readonly sockets: number;
  /** Events at a fixed rate, for latencies; the first few warm up. */
  readonly perSecond: number;
  readonly events: number;
  readonly warmUp: number;
  /** Events that are due at once, for the rate. */
  readonly burst: number;
}

const THOUSAND: Size = { sockets: 1_000, perSecond: 2, events: 8, warmUp: 2, burst: 10 };
const TEN_THOUSAND: Size = { sockets: 10_000, perSecond: 0.5, events: 3, warmUp: 1, burst: 2 };

export const eventBroadcast: Benchmark = {
  id: 'B7',
  title: 'events to 1,000 and 10,000 sockets',
  prepare: async (stage) => {
    const instance = await stage.instance();
    const facts = await FactSource.open(instance.brokerUrl('deployments'));
    stage.defer(() => facts.close());
    stage.tell('registering users');
    const users = await instance.users(TEN_THOUSAND.sockets / SOCKETS_PER_USER);
    const rig = { stage, instance, facts, users };
    return [scenarioOf(THOUSAND, rig), scenarioOf(TEN_THOUSAND, rig)];
  },
};

interface Rig {
  readonly stage: Stage;
  readonly instance: Instance;
  readonly facts: FactSource;
  readonly users: readonly User[];
}

function scenarioOf(size: Size, { stage, instance, facts, users }: Rig): Scenario {
  const { sockets } = size;
  const readersOf = users.slice(0, sockets / SOCKETS_PER_USER);
  const url = `${instance.url.replace('http', 'ws')}/v1/ws/notifications`;
  const requests = readersOf.flatMap(({ token }) =>
    Array.from({ length: SOCKETS_PER_USER }, () => ({ url, headers: { authorization: `Bearer ${token}` } })),
  );
  const slipway = new SocketReaders(requests);
  // A process may have 20,000 files open here and there; the driver of both sides would need more.
  const hasFloor = sockets < TEN_THOUSAND.sockets;
  let bytesPerSocket = 0;
  let floor: { readonly readers: SocketReaders; readonly send: Send } | undefined;

  const sides: Side[] = [
    {
      name: 'slipway',
      measure: async () => ({
        ...(await measure(size, slipway, (index, planned) =>
          Promise.all(readersOf.map(({ id }) => facts.restarted(id, index, planned))),
        )),
        bytesPerSocket,
      }),
    },
  ];
  if (hasFloor)
    sides.push({
      name: 'broadcast',
      measure: async () => {
        if (!floor) throw new Error('the floor was not opened');
        return measure(size, floor.readers, floor.send);
      },
    });

  return {
    name: `${sockets.toLocaleString('en')} sockets`,
    open: async () => {
      const before = instance.residentBytes;
      const began = now();
      await slipway.open();
      bytesPerSocket = (instance.residentBytes - before) / sockets;
      stage.tell(`${sockets.toLocaleString('en')} sockets opened in ${((now() - began) / 1000).toFixed(1)} s`);
      if (hasFloor) floor = await openFloor(stage, sockets);
    },
    close: async () => {
      await slipway.close();
      await floor?.readers.close();
    },
    sides,
    limits: limitsOf(size, hasFloor),
  };
}

/** Sends one event to all sockets. */
type Send = (index: number, planned: number) => Promise<unknown>;

async function measure(size: Size, readers: SocketReaders, send: Send): Promise<Reading> {
  const { sockets, events, perSecond, warmUp, burst } = size;
  let failure: unknown;
  const dispatch = (index: number, planned: number): void =>
    void send(index, planned).catch((error: unknown) => (failure ??= error));

  const steady = (readers.expected = new Expected({ readers: sockets, messages: events, warmUp }));
  await openLoop({ perSecond, count: events, send: dispatch });
  await steady.complete(PATIENCE_MS);

  const atOnce = (readers.expected = new Expected({ readers: sockets, messages: burst }));
  const began = now();
  for (let index = 0; index < burst; index += 1) dispatch(index, began);
  await atOnce.complete(PATIENCE_MS);
  if (failure !== undefined) throw failure as Error;
  const perSecondAtOnce = (1000 * burst * sockets) / (atOnce.lastAt - began);

  return { ...steady.latencies.reading(), framesPerSecond: perSecondAtOnce, ...(await reconnect(sockets, readers)) };
}

/** All sockets are lost and come back at once. */
async function reconnect(sockets: number, readers: SocketReaders): Promise<Reading> {
  if (sockets > THOUSAND.sockets) return {};
  await readers.close();
  const began = now();
  await readers.open(sockets);
  return { reconnectSeconds: (now() - began) / 1000 };
}

async function openFloor(stage: Stage, sockets: number) {
  const child = stage.child(new URL('../floors/broadcast.js', import.meta.url), 'floor');
  const port = await child.ask<number>('port');
  const readers = new SocketReaders(Array.from({ length: sockets }, () => ({ url: `ws://127.0.0.1:${port}` })));
  await readers.open();
  const deploymentId = randomUUID();
  const send: Send = (index, planned) => child.ask('broadcast', { frame: frameOf(deploymentId, index, planned) });
  return { readers, send };
}

/** As Slipway tells a restart. */
function frameOf(deployment_id: string, index: number, planned: number): object {
  const fields = { app_name: markOf(index, planned), changes: 'Restarted', revision: 1 };
  const type = 'deployment_updated';
  const data = { ...fields, type, data: { deployment_id, ...fields } };
  return { id: String(index + 1), type, deployment_id, timestamp: '2026-03-01T10:00:00.123Z', data };
}

function limitsOf({ sockets }: Size, hasFloor: boolean): Limit[] {
  const isThousand = sockets === THOUSAND.sockets;
  const latency: Limit = {
    name: 'event → socket, p99',
    unit: 'ms',
    better: 'lower',
    ...(isThousand ? { gate: 250, goal: 80 } : { goal: 800 }),
    of: (round) => figure(round, 'slipway', 'p99Ms'),
  };
  const memory: Limit = {
    name: 'memory of a socket',
    unit: 'kB',
    better: 'lower',
    // Over a thousand sockets the heap of an instance that has just started grows for other reasons, too.
    ...(!isThousand && { goal: 30 }),
    of: (round) => figure(round, 'slipway', 'bytesPerSocket') / 1000,
  };
  if (!hasFloor) return [latency, memory];
  return [
    {
      name: 'frames a second against broadcast',
      unit: '×',
      better: 'higher',
      gate: 0.5,
      goal: 0.75,
      of: (round) => figure(round, 'slipway', 'framesPerSecond') / figure(round, 'broadcast', 'framesPerSecond'),
    },
    latency,
    {
      name: 'all reconnect at once',
      unit: 's',
      better: 'lower',
      gate: 5,
      goal: 2,
      of: (round) => figure(round, 'slipway', 'reconnectSeconds'),
    },
    memory,
  ];
}
