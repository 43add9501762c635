// The fault matrix: what each row does and what must hold beside the invariants. Another row is another entry.
import { BROKER_BACK, brokerEnds } from './faults/broker.js';
import { clusterFaults } from './faults/cluster.js';
import { DATABASE_BACK, databaseFaults } from './faults/database.js';
import type { PlanFaults } from './faults/fault.js';
import { kills } from './faults/kill.js';
import { linkFaults, NOTICED } from './faults/links.js';
import { pauses } from './faults/pause.js';
import { lettersOf, poison, POISONED } from './faults/poison.js';
import { badReceivers } from './faults/receivers.js';
import type { World } from './observe/world.js';
import { LIMITED_FOR_S, type Manner } from './rig/receiver.js';
import type { RunRecord } from './run.js';

export interface Row {
  readonly title: string;
  readonly plan: PlanFaults;
  /** Default number of faults, and seconds of load. */
  readonly count: number;
  readonly seconds: number;
  /** What has to be planted for it, of ./defects. */
  readonly aid?: string;
  /** Beside those of all rows. */
  readonly workloads?: readonly string[];
  /** Dead letters that the row brings about, as the checker words them. */
  readonly expectedLetters?: readonly RegExp[];
  /** Milliseconds for what faults measure. */
  readonly limits?: Readonly<Record<string, number>>;
  /** What must hold besides; sentences about what does not. */
  readonly besides?: readonly ((record: RunRecord) => string[])[];
}

export const ALL_WORKLOADS = ['set', 'register', 'lifecycle', 'keys', 'unique', 'feed', 'lines', 'hooks'];

const MAX_DELIVERIES = 5;
const READY_WITHIN_MS = 5_000;
/** The first pause of a delivery's schedule, 5 s, less its jitter of a fifth. */
const FIRST_RETRY_MS = 4_000;
/** Its caller was told 503, and nothing was done. */
const GIVEN_UP = /buried cmd\.\S+: exhausted, The database did not do its work this time/;
const DOCUMENTED_TAKE_BYTES = 64 * 1024;

export const rows: Readonly<Record<string, Row>> = {
  F1: { title: 'kill -9 of each service', plan: kills, count: 20, seconds: 60, besides: [restartsAreQuick] },
  F2: {
    title: 'the broker killed, ended and drained',
    plan: brokerEnds,
    count: 6,
    seconds: 60,
    limits: { [BROKER_BACK]: 2_000 },
    besides: [nobodyEnds],
  },
  F4: {
    title: 'the database stopped, read-only, without sessions or connections, locked',
    plan: databaseFaults,
    expectedLetters: [GIVEN_UP],
    count: 6,
    seconds: 60,
    limits: { [DATABASE_BACK]: 5_000 },
    besides: [nobodyEnds],
  },
  F5: {
    title: 'links cut, delayed, half open',
    plan: linkFaults,
    expectedLetters: [GIVEN_UP],
    count: 15,
    seconds: 60,
    limits: { [NOTICED]: 15_000 },
    besides: [nobodyEnds],
  },
  F6: {
    title: 'processes that stand still',
    plan: pauses,
    count: 3,
    seconds: 90,
    expectedLetters: [GIVEN_UP],
    besides: [nobodyEnds],
  },
  F8: {
    title: 'faults of the cluster API',
    plan: clusterFaults,
    count: 20,
    seconds: 60,
    besides: [nobodyEnds, retriesAreSlow],
  },
  F9: {
    title: 'bad webhook receivers',
    plan: badReceivers,
    count: 8,
    seconds: 60,
    besides: [nobodyEnds, receiversAreFeared],
  },
  F13: {
    title: 'poison messages',
    plan: poison,
    count: 30,
    seconds: 60,
    aid: 'poison',
    expectedLetters: POISONED,
    besides: [killerIsStopped, everyPoisonIsBuried],
  },
  P6: {
    title: 'readers that take nothing',
    plan: () => [],
    count: 0,
    seconds: 60,
    workloads: ['stalled'],
    besides: [nobodyEnds],
  },
};

export function besides(row: Row, record: RunRecord): string[] {
  const slow = record.measured.flatMap(({ what, tookMs }) => {
    const limitMs = (row.limits?.[what] ?? Number.POSITIVE_INFINITY) * record.slack;
    return tookMs > limitMs ? [`${what} after ${secondsOf(tookMs)}, more than ${secondsOf(limitMs)}`] : [];
  });
  return [...slow, ...(row.besides ?? []).flatMap((check) => check(record))];
}

/** The time from an end to ready again, at the 99th percentile. */
function restartsAreQuick({ restarts, slack }: RunRecord): string[] {
  const times = restarts.flatMap(({ readyMs }) => readyMs ?? []).sort((a, b) => a - b);
  const p99 = times[Math.ceil(times.length * 0.99) - 1];
  const limitMs = READY_WITHIN_MS * slack;
  return p99 !== undefined && p99 > limitMs
    ? [`restart to ready took ${secondsOf(p99)} at the 99th percentile, more than ${secondsOf(limitMs)}`]
    : [];
}

function nobodyEnds({ restarts }: RunRecord): string[] {
  return restarts.map(({ replica, how }) => `${replica} ended with ${how}`);
}

/** A failing App is tried at most once a second, and ever more seldom. */
function retriesAreSlow({ retries }: RunRecord): string[] {
  const byApp = new Map<string, (typeof retries)[number][]>();
  for (const retry of retries) byApp.set(retry.appId, [...(byApp.get(retry.appId) ?? []), retry]);
  return [...byApp].flatMap(([appId, ofOne]) => {
    const soon = ofOne.find(({ at }, index) => index > 0 && at - (ofOne[index - 1]?.at ?? 0) < 700);
    const same = ofOne.length >= 4 && ofOne.every(({ retryMs }) => retryMs <= 1_000);
    if (soon) return [`the failing app ${appId} was tried more than once a second`];
    return same ? [`the failing app ${appId} was tried ${ofOne.length} times, always after the same pause`] : [];
  });
}

function receiversAreFeared({ world, flooded, tenants }: RunRecord): string[] {
  const followed = world.received.filter(({ path }) => path === '/followed').length;
  const most = Math.max(0, ...flooded);
  return [
    ...(followed > 0 ? [`${followed} redirects were followed`] : []),
    ...[...pausesAfter(world, 'failing', FIRST_RETRY_MS), ...pausesAfter(world, 'limiting', LIMITED_FOR_S * 1000)],
    ...goneIsDisabled(world, tenants),
    ...(most > DOCUMENTED_TAKE_BYTES + IN_BUFFERS_BYTES ? [`${most} bytes of an answer were taken`] : []),
  ];
}

/** What was answered in this manner comes again, and not before its time. */
function pausesAfter(world: World, manner: Manner, leastMs: number): string[] {
  return world.received.flatMap((one, index) => {
    if (one.manner !== manner) return [];
    const next = world.received
      .slice(index + 1)
      .find(({ path, webhookId }) => path === one.path && webhookId === one.webhookId);
    const pauseMs = next && next.at - one.at;
    return pauseMs !== undefined && pauseMs < leastMs
      ? [`${one.webhookId} came to ${one.path} again after ${secondsOf(pauseMs)}, having been answered as ${manner}`]
      : [];
  });
}

function goneIsDisabled(world: World, tenants: RunRecord['tenants']): string[] {
  const gone = new Set(world.received.flatMap(({ manner, path }) => (manner === 'gone' ? path : [])));
  return tenants
    .filter(
      ({ canary, userId }) =>
        gone.has(`/${canary}`) && world.endpoints.some(({ ownerId, active }) => active && ownerId === userId),
    )
    .map(({ canary }) => `the webhook of ${canary} was answered with 410 and is still active`);
}

/** What the systems in between take before the sender has read anything. */
const IN_BUFFERS_BYTES = 8 * 1024 * 1024;

/** The first fault ends a process each time it is delivered: five times, and not a sixth. */
function killerIsStopped({ restarts }: RunRecord): string[] {
  return restarts.length === MAX_DELIVERIES
    ? []
    : [`${restarts.length} processes ended, and ${MAX_DELIVERIES} deliveries were to end one each`];
}

function everyPoisonIsBuried({ world, faults }: RunRecord): string[] {
  const buried = world.deadLetters.length;
  const sent = lettersOf(faults);
  return buried === sent ? [] : [`${sent} dead letters were to come of the poison, and there are ${buried}`];
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
