// The fault matrix: what each row does and what must hold beside the invariants. Another row is another entry.
import { BROKER_BACK, brokerEnds } from './faults/broker.js';
import { clusterFaults } from './faults/cluster.js';
import { DATABASE_BACK, databaseFaults } from './faults/database.js';
import type { PlanFaults } from './faults/fault.js';
import { kills } from './faults/kill.js';
import { linkFaults, NOTICED } from './faults/links.js';
import { pauses } from './faults/pause.js';
import { killersOf, lettersOf, poison, POISONED } from './faults/poison.js';
import { badReceivers } from './faults/receivers.js';
import type { World } from './observe/world.js';
import { LIMITED_FOR_S, type Manner } from './rig/receiver.js';
import type { RunRecord } from './run.js';

export interface Row {
  readonly title: string;
  readonly plan: PlanFaults;
  /** Default number of faults; that of the matrix; and the seconds of load that each needs, the quarter without faults included. */
  readonly count: number;
  readonly matrixCount: number;
  readonly everyS: number;
  /** What has to be planted for it, of ./defects. */
  readonly aid?: string;
  /** Beside those of all rows. */
  readonly workloads?: readonly string[];
  /** Dead letters that the row brings about, as the checker words them. */
  readonly expectedLetters?: readonly RegExp[];
  /** Milliseconds for what faults measure. */
  readonly limits?: Readonly<Record<string, number>>;
  /** In so many milliseconds every operation is answered: 2xx, 4xx or a refusal that says when to come again. */
  readonly answersWithinMs?: number;
  /** What must hold besides; sentences about what does not. */
  readonly besides?: readonly ((record: RunRecord) => string[])[];
}

export const ALL_WORKLOADS = [
  'set',
  'register',
  'lifecycle',
  'keys',
  'unique',
  'quota',
  'sessions',
  'feed',
  'lines',
  'hooks',
];

const MAX_TRIES = 5;
/** A command's ten seconds, and the way back. */
const ANSWERED_WITHIN_MS = 11_000;
const READY_WITHIN_MS = 5_000;
/** The first pause of a delivery's schedule, 5 s, less its jitter of a fifth. */
const FIRST_RETRY_MS = 4_000;
/** So many deliveries to a fault: the matrix' ten thousand with its eighty. */
const DELIVERIES_EACH = 125;
const RECEIVER_WAS = /^the receiver of \S+: (\w+)/;
const DOCUMENTED_TAKE_BYTES = 64 * 1024;

export const rows: Readonly<Record<string, Row>> = {
  F1: {
    title: 'kill -9 of each service',
    plan: kills,
    count: 20,
    matrixCount: 1_000,
    everyS: 3,
    besides: [restartsAreQuick],
  },
  F2: {
    title: 'the broker killed, ended and drained',
    plan: brokerEnds,
    count: 6,
    matrixCount: 100,
    everyS: 10,
    limits: { [BROKER_BACK]: 2_000 },
    answersWithinMs: ANSWERED_WITHIN_MS,
    besides: [nobodyEnds],
  },
  F4: {
    title: 'the database stopped, read-only, without sessions or connections, locked',
    plan: databaseFaults,
    count: 6,
    matrixCount: 100,
    everyS: 14,
    limits: { [DATABASE_BACK]: 5_000 },
    answersWithinMs: ANSWERED_WITHIN_MS,
    besides: [nobodyEnds],
  },
  F5: {
    title: 'links cut, delayed, half open',
    plan: linkFaults,
    count: 15,
    matrixCount: 200,
    everyS: 5.2,
    limits: { [NOTICED]: 15_000 },
    besides: [nobodyEnds, halfOpenWasMet],
  },
  F6: {
    title: 'processes that stand still',
    plan: pauses,
    count: 3,
    matrixCount: 80,
    everyS: 30,
    besides: [nobodyEnds, onlyTheLeaderWrites],
  },
  F8: {
    title: 'faults of the cluster API',
    plan: clusterFaults,
    count: 20,
    matrixCount: 500,
    everyS: 2,
    besides: [nobodyEnds, retriesAreSlow],
  },
  F9: {
    title: 'bad webhook receivers',
    plan: badReceivers,
    count: 8,
    matrixCount: 80,
    everyS: 7.5,
    besides: [nobodyEnds, receiversAreFeared],
  },
  F13: {
    title: 'poison messages',
    plan: poison,
    count: 10,
    matrixCount: 400,
    everyS: 5.4,
    aid: 'poison',
    expectedLetters: POISONED,
    besides: [killerIsStopped, everyPoisonIsBuried],
  },
  P6: {
    title: 'readers that take nothing',
    plan: () => [],
    count: 0,
    matrixCount: 0,
    everyS: 0,
    workloads: ['stalled'],
    besides: [nobodyEnds],
  },
};

const LEAST_S = 60;

/** How long the load must last for so many faults. */
export function secondsFor({ everyS }: Row, count: number): number {
  return Math.max(LEAST_S, Math.ceil(everyS * count));
}

/** Failpoints are hit at once where they can be: the load ends when all have been. This is when it ends anyway. */
export function secondsForHits(hits: number): number {
  return LEAST_S + hits * 150;
}

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

/** After so long without a renewal others may take a lease over. */
const LEASE_MS = 15_000;
/** The namespace of the lease is made by whoever begins. */
const OWN_NAMESPACE = / namespaces \/slipway-system$/;

/** Who writes to the cluster wrote the lease last, and not too long ago. */
export function onlyTheLeaderWrites({ world: { clusterWrites } }: Pick<RunRecord, 'world'>): string[] {
  let lease: (typeof clusterWrites)[number] | undefined;
  return clusterWrites.flatMap((write) => {
    const { replica, what, at } = write;
    if (write.isLease) lease = write;
    if (write.isLease || OWN_NAMESPACE.test(what)) return [];
    if (lease?.replica !== replica)
      return [`${replica} wrote under its old lease: ${what}; ${lease?.replica ?? 'nobody'} leads`];
    const sinceMs = at - lease.at;
    return sinceMs > LEASE_MS ? [`${replica} wrote ${secondsOf(sinceMs)} after it had renewed its lease: ${what}`] : [];
  });
}

/** So many of the matrix' faults hold a broker half open for long; a few may have met none. */
const ENOUGH_LINKS = 100;

function halfOpenWasMet({ faults, measured }: RunRecord): string[] {
  return faults.length >= ENOUGH_LINKS && measured.length === 0 ? ['no broker was half open for long enough'] : [];
}

/** How much sooner than announced, or later, a try may come to be the one that was announced. */
const TRY_EARLY_MS = 300;
const TRY_LATE_MS = 3_000;
/** Pauses grow twofold, less a fifth by chance, up to a minute. */
const LEAST_GROWTH = 1.3;
const LONG_PAUSE_MS = 30_000;
/** An App that went well in between begins anew, which looks the same once or twice. */
const MOST_EQUAL = 2;

/** A failing App is tried at most once a second, and ever more seldom. */
export function retriesAreSlow({ retries }: Pick<RunRecord, 'retries'>): string[] {
  if (retries.length === 0) return ['no App failed, so none was tried again'];
  const byApp = new Map<string, (typeof retries)[number][]>();
  for (const retry of retries) {
    const known = byApp.get(retry.appId);
    if (known) known.push(retry);
    else byApp.set(retry.appId, [retry]);
  }
  return [...byApp].flatMap(([appId, ofOne]) => {
    let equal = 0;
    for (const [index, { at, retryMs }] of ofOne.entries()) {
      const before = ofOne[index - 1];
      if (!before) continue;
      const pauseMs = at - before.at;
      if (pauseMs < 1_000 - TRY_EARLY_MS) return [`the failing app ${appId} was tried more than once a second`];
      const isNext = pauseMs > before.retryMs - TRY_EARLY_MS && pauseMs < before.retryMs + TRY_LATE_MS;
      const grows = retryMs >= before.retryMs * LEAST_GROWTH || before.retryMs >= LONG_PAUSE_MS;
      equal = isNext && !grows ? equal + 1 : 0;
      if (equal > MOST_EQUAL)
        return [`the failing app ${appId} was tried ${equal + 1} times, always after the same pause`];
    }
    return [];
  });
}

export function receiversAreFeared(record: Pick<RunRecord, 'world' | 'flooded' | 'faults' | 'slack'>): string[] {
  const { world, flooded, faults, slack } = record;
  const { received } = world;
  const followed = received.filter(({ path }) => path === '/followed').length;
  const most = Math.max(0, ...flooded);
  const due = Math.floor((faults.length * DELIVERIES_EACH) / slack);
  return [
    ...unmet(received, faults),
    ...(received.length < due ? [`${received.length} deliveries arrived, and ${due} were wanted`] : []),
    ...(followed > 0 ? [`${followed} redirects were followed`] : []),
    ...[...pausesAfter(world, 'failing', FIRST_RETRY_MS), ...pausesAfter(world, 'limiting', LIMITED_FOR_S * 1000)],
    ...goneIsDisabled(world),
    ...(most > DOCUMENTED_TAKE_BYTES + IN_BUFFERS_BYTES ? [`${most} bytes of an answer were taken`] : []),
  ];
}

/** A receiver that nothing was sent to while it was bad shows nothing. */
function unmet(received: World['received'], faults: readonly string[]): string[] {
  const wanted = new Set(faults.flatMap((text) => RECEIVER_WAS.exec(text)?.[1] ?? []));
  const met = new Set(received.map(({ manner }) => manner));
  return [...wanted].filter((manner) => !met.has(manner)).map((manner) => `nothing met a receiver that was ${manner}`);
}

/** What was answered in this manner comes again, and not before its time. */
function pausesAfter(world: World, manner: Manner, leastMs: number): string[] {
  const answered = new Map<string, number>();
  return world.received.flatMap(({ at, path, webhookId, manner: how }) => {
    const key = `${path} ${webhookId}`;
    const before = answered.get(key);
    answered.delete(key);
    if (how === manner) answered.set(key, at);
    const pauseMs = before === undefined ? leastMs : at - before;
    return pauseMs < leastMs
      ? [`${webhookId} came to ${path} again after ${secondsOf(pauseMs)}, having been answered as ${manner}`]
      : [];
  });
}

function goneIsDisabled({ received, endpoints }: World): string[] {
  const gone = new Set(received.flatMap(({ manner, path }) => (manner === 'gone' ? path : [])));
  return endpoints.flatMap(({ active, url }) => {
    const { pathname } = new URL(url);
    return active && gone.has(pathname) ? [`the webhook at ${pathname} was answered with 410 and is still active`] : [];
  });
}

/** What the systems in between take before the sender has read anything. */
const IN_BUFFERS_BYTES = 8 * 1024 * 1024;

/** A killer ends a process each time it is delivered: five times, and not a sixth. */
function killerIsStopped({ restarts, faults }: RunRecord): string[] {
  const due = killersOf(faults) * MAX_TRIES;
  return restarts.length === due
    ? []
    : [`${restarts.length} processes ended, and ${due} were to end, by ${MAX_TRIES} deliveries of each killer`];
}

function everyPoisonIsBuried({ world, faults }: RunRecord): string[] {
  const buried = world.deadLetters.length;
  const sent = lettersOf(faults);
  return buried === sent ? [] : [`${sent} dead letters were to come of the poison, and there are ${buried}`];
}

function secondsOf(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
