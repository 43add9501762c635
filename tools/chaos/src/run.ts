// One run: the rig comes up, the driver loads it, faults happen, everything heals, quiet is waited for, the world is looked at and judged.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { judge, type Judgement } from './check/judge.js';
import { grown, keptMore, type Violation } from './check/invariants.js';
import { missingProof } from './check/proof.js';
import { Journal, readJournal } from './driver/journal.js';
import type { DriverConfig, DriverMessage, Tenant } from './driver/tenant.js';
import { FailpointHunt } from './faults/failpoints.js';
import { UNREADABLE } from './faults/poison.js';
import type { Fault, Measured } from './faults/fault.js';
import { Images } from './observe/images.js';
import { observe } from './observe/observe.js';
import { quiescence } from './observe/quiescence.js';
import { resourcesAtRest, resourcesSettled } from './observe/resources.js';
import { Sightings } from './observe/sightings.js';
import type { World } from './observe/world.js';
import { workloads } from './driver/workloads/index.js';
import type { Options } from './options.js';
import { Random } from './random.js';
import { registerTenants } from './rig/register-tenants.js';
import { type FailpointChoice, Rig } from './rig/rig.js';
import type { Restart, Retry } from './rig/supervisor.js';
import { WrittenLines } from './rig/written-lines.js';
import { ALL_WORKLOADS, besides, type Row, secondsFor, secondsForHits } from './rows.js';

/** All that is kept of a run beside its journal. */
export interface RunRecord {
  readonly row: string;
  readonly seed: number;
  readonly tenants: readonly Pick<Tenant, 'canary' | 'userId'>[];
  readonly world: World;
  readonly restarts: readonly Restart[];
  /** By failpoint. */
  readonly hits: Readonly<Record<string, number>>;
  /** What was done, in the journal's words. */
  readonly faults: readonly string[];
  readonly measured: readonly Measured[];
  /** Passes of the reconciler that failed, with the pause after which each is tried again. */
  readonly retries: readonly Retry[];
  readonly slack: number;
  /** Bytes of endless answers that were taken. */
  readonly flooded: readonly number[];
  /** What was still going on when quiet had been waited for long enough. */
  readonly unquiet: readonly string[];
  readonly quietAfterMs: number;
  /** Faults that did not go as planned. */
  readonly mishaps: readonly string[];
}

export interface RunResult extends Judgement {
  readonly folder: string;
  readonly record: RunRecord;
}

/** Behind the number of a line, where readers that take nothing are to be noticed. */
const LONG_LINE = ` ${'x'.repeat(32 * 1024)}`;
/** What a run is ended by: it leaves no process behind. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const HEAL_TIMEOUT_MS = 60_000;
/** The load runs so long before failpoints act, and after. */
const HUNT_AFTER_MS = 10_000;
/** What is on its way to a reader when all else is quiet. */
const LAST_FRAMES_MS = 2_000;

export async function run(row: Row, options: Options, tell: (line: string) => void): Promise<RunResult> {
  const { seed, rate } = options;
  const count = options.count ?? row.count;
  const seconds = options.seconds ?? (options.failpoints ? secondsForHits(options.hits) : secondsFor(row, count));
  const chosen = [...ALL_WORKLOADS, ...(row.workloads ?? [])];
  const folder = join(options.results, `${options.row}-${seed}-${new Date().toISOString().replace(/[:.]/g, '')}`);
  mkdirSync(folder, { recursive: true });
  const journalFile = join(folder, 'journal.ndjson');
  const journal = new Journal(journalFile);
  const { row: name, failpoints, defect, slack, targets, hits, oneProcess } = options;
  journal.write({
    note: 'run',
    t: Date.now(),
    row: name,
    seed,
    options: {
      count,
      seconds,
      rate,
      failpoints: failpoints?.join(','),
      hits,
      defect,
      slack,
      targets: targets.join(',') || undefined,
      'one-process': oneProcess || undefined,
    },
  });

  const hunt = failpoints && new FailpointHunt(failpoints[0] === 'all' ? [] : failpoints, hits, new Random(seed + 2));
  const rig = new Rig({
    folder,
    seed,
    oneProcess,
    planted: defect ?? row.aid,
    failpoints: hunt ?? fixedRules(options.rules),
  });
  let failed = true;
  /** What writes to the rig or asks it until it is told to stop; also when the run breaks off, before the rig is gone. */
  const going: { stop(): unknown }[] = [];
  const letGo = async (keepFiles: boolean): Promise<string[]> => {
    await Promise.allSettled(going.map(async (one) => one.stop()));
    return rig.stop({ keepFiles });
  };
  const stop = (): void => void letGo(true).finally(() => process.exit(1));
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    tell(`starting ${name}: ${row.title}`);
    await rig.start();
    const { tenants, fullTenant } = await registerTenants(rig);
    const driver = startDriver(folder, {
      journal: journalFile,
      gatewayUrls: rig.gatewayUrls,
      receiverUrl: rig.receiverUrl,
      tenants,
      fullTenant,
      seed,
      seconds,
      rate,
      workloads: chosen,
    });
    going.push(driver);
    await driver.told('prepared');
    const lines = await WrittenLines.begin(rig, tenants.length, chosen.includes('stalled') ? LONG_LINE : '');
    const sightings = new Sightings(rig.database);
    const images = new Images(rig.cluster.kubeconfig);
    going.push(lines, sightings, images);
    tell('warming up');
    await driver.told('warm');
    const before = await resourcesAtRest(rig);
    const planned = row.plan({
      rig,
      tenants,
      random: new Random(seed),
      count,
      loadMs: seconds * 1000,
      targets,
    });
    const loadMs = seconds * 1000;
    const faults = hunt ? [hunt.fault({ atMs: HUNT_AFTER_MS, lastsMs: (loadMs * 3) / 4 })] : planned;
    tell(`load: ${rate} operations/s for ${seconds} s, ${faults.length} faults`);
    driver.tell('begin');
    const injected = injectAll(rig, faults, journal);
    // As long again without faults as before them.
    if (hunt) void injected.then(() => delay(HUNT_AFTER_MS)).then(() => driver.tell('enough'));
    const [outcome] = await Promise.all([injected, driver.told('loaded')]);
    const { mishaps } = outcome;

    mishaps.push(...(hunt?.missing() ?? []));
    tell('the load has ended, waiting for quiet');
    const written = lines.stop();
    await rig.heal(HEAL_TIMEOUT_MS).catch((error: unknown) => mishaps.push(String(error)));
    const begun = performance.now();
    const unquiet = await quiescence(rig, options.quietWithinS * 1000);
    const quietAfterMs = performance.now() - begun;
    await delay(LAST_FRAMES_MS);
    const [{ apps } = { apps: 0 }] = await rig.database.sql<{ apps: number }>(
      'select count(*)::int as apps from deployments.app',
    );
    // A look at everything, which a reconciler takes now and then, is held while it lasts.
    const quiet = await resourcesSettled(rig, (resources) => keptMore(before, resources, apps).length === 0);
    await driver.finish();
    // Sockets of readers that are gone by now have ended.
    await delay(LAST_FRAMES_MS);
    const after = await resourcesSettled(rig, (resources) => grown(before, resources).length === 0);
    const world = await observe(
      rig,
      { tenants, fullTenant },
      {
        written,
        sightings: await sightings.stop(),
        images: await images.stop(),
        resources: { before, quiet, after },
      },
    );
    const record: RunRecord = {
      row: name,
      seed,
      tenants: tenants.map(({ canary, userId }) => ({ canary, userId })),
      world,
      restarts: rig.replicas.flatMap(({ restarts }) => restarts),
      hits: hunt?.counts() ?? {},
      faults: faults.map(({ text }) => text),
      measured: outcome.measured,
      retries: rig.replicas.flatMap(({ retries }) => retries),
      slack,
      flooded: rig.receiver.received.flatMap(({ taken }) => taken ?? []),
      unquiet,
      quietAfterMs,
      mishaps,
    };
    writeFileSync(join(folder, 'record.json'), JSON.stringify(record));
    const judgement = judgeRun(row, record, journalFile);
    failed = isFailing(judgement);
    return { ...judgement, folder, record };
  } finally {
    journal.close();
    for (const signal of SIGNALS) process.off(signal, stop);
    for (const failure of await letGo(failed)) tell(failure);
  }
}

function fixedRules(rules: Options['rules']): FailpointChoice | undefined {
  return rules && { rulesFor: (app) => rules[app], hit: () => undefined };
}

/** The same record and journal give the same judgement, now and later. */
export function judgeRun(row: Row, record: RunRecord, journalFile: string): Judgement {
  const { world, tenants, unquiet, mishaps } = record;
  const journal = readJournal(journalFile);
  const judgement = judge({
    journal,
    world,
    tenants,
    ...(row.answersWithinMs !== undefined && { answersWithinMs: row.answersWithinMs * record.slack }),
    expectedLetters: [...(row.expectedLetters ?? []), ...(Object.keys(record.hits).length > 0 ? UNREADABLE : [])],
  });
  const more: Violation[] = [
    ...unquiet.map((text) => ({ invariant: 'I3', text: `not quiet in time: ${text}` }) as const),
    ...missingProof(Object.keys(workloads), judgement.operations, journal, world, tenants).map(
      (text) => ({ invariant: 'row', text: `proves nothing: ${text}` }) as const,
    ),
    ...[...mishaps, ...besides(row, record)].map((text) => ({ invariant: 'row', text }) as const),
  ];
  return { ...judgement, violations: [...judgement.violations, ...more] };
}

export function isFailing({ failing, violations }: Judgement): boolean {
  return failing.length + violations.length > 0;
}

interface Injected {
  readonly measured: Measured[];
  /** What went wrong with them. */
  readonly mishaps: string[];
}

async function injectAll(rig: Rig, faults: readonly Fault[], journal: Journal): Promise<Injected> {
  const begun = performance.now();
  const outcomes = await Promise.allSettled(
    faults.map(async (fault) => {
      const { atMs, text } = fault;
      await delay(Math.max(0, atMs - (performance.now() - begun)));
      journal.write({ note: 'fault', t: Date.now(), text });
      return fault.inject(rig);
    }),
  );
  return {
    measured: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? (outcome.value ?? []) : [])),
    mishaps: outcomes.flatMap((outcome, index) =>
      outcome.status === 'rejected' ? [`${faults[index]?.text}: ${String(outcome.reason)}`] : [],
    ),
  };
}

function startDriver(folder: string, config: DriverConfig) {
  const file = join(folder, 'driver.json');
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  const child = fork(fileURLToPath(new URL('driver/main.js', import.meta.url)), [file], { execArgv: [] });
  const messages = new Set<DriverMessage>();
  child.on('message', (message: DriverMessage) => messages.add(message));
  return {
    told: async (message: DriverMessage): Promise<void> => {
      while (!messages.has(message)) {
        if (child.exitCode !== null) throw new Error(`the driver ended with code ${child.exitCode}`);
        await delay(50);
      }
    },
    stop: () => child.kill(),
    tell: (message: DriverMessage): void => void child.send(message),
    finish: async (): Promise<void> => {
      const ended = once(child, 'exit');
      child.send('finish' satisfies DriverMessage);
      await ended;
    },
  };
}
