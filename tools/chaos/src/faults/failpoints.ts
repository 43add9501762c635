// F1 at every failpoint. Each start of a replica is told one of its app's failpoints at which it ends, those first that its app was told least;
// what a build may leave out it leaves out now and then. The row does what the load does not: it sends poison, ends replicas as an operator does,
// and runs migrations and provisioning.
import { FAILPOINT_NAMES, type FailpointName } from '@slipway/runtime';

import { setTimeout as delay } from 'node:timers/promises';

import type { Random } from '../random.js';
import { runToFailpoint } from '../rig/command.js';
import type { FailpointChoice, Rig } from '../rig/rig.js';
import type { Fault } from './fault.js';
import { sendBroken } from './poison.js';

const HANDLING: readonly FailpointName[] = [
  'boot.before-ready',
  'messaging.before-handler',
  'messaging.after-commit-before-ack',
  'messaging.after-ack-before-reply',
  'persistence.before-commit',
  'persistence.after-commit',
];
const PUBLISHING: readonly FailpointName[] = ['outbox.after-select', 'outbox.after-puback'];
const BURYING: readonly FailpointName[] = ['messaging.before-dead-letter', 'messaging.after-dead-letter-before-term'];
const STOPPING: readonly FailpointName[] = ['shutdown.before-drain', 'shutdown.hang'];

/** The failpoints that the run leads each app through. */
const OF_APP: Readonly<Record<string, readonly FailpointName[]>> = {
  gateway: [
    'boot.before-ready',
    'gateway.after-authenticate',
    'gateway.before-publish',
    'gateway.after-puback',
    'gateway.after-reply-before-response',
    'gateway.stream.after-first-frame',
    ...STOPPING,
  ],
  identity: [
    ...HANDLING,
    ...PUBLISHING,
    'identity.after-rotate-before-answer',
    'identity.after-revoke-before-event',
    ...STOPPING,
  ],
  catalog: [...HANDLING, ...STOPPING],
  deployments: [
    ...HANDLING,
    ...PUBLISHING,
    ...BURYING,
    'cluster.before-apply',
    'cluster.after-apply',
    'reconcile.after-read',
    'reconcile.between-objects',
    'reconcile.before-prune',
    'reconcile.before-status',
    'delete.after-cluster-before-row',
  ],
  logs: [...HANDLING, ...BURYING, 'logs.after-read-before-publish', 'logs.drop-upstream', 'logs.owner-handover'],
  notifications: [...HANDLING, ...BURYING, 'delivery.before-send', 'delivery.after-send-before-record'],
};

/** What is left out, and how often: no process ends by it. */
const LEFT_OUT: Readonly<Record<string, readonly (readonly [FailpointName, string])[]>> = {
  gateway: [['identity.cache-stale', 'p0.5']],
  identity: [['outbox.skip-wake', 'p0.1']],
  deployments: [
    ['outbox.skip-wake', 'p0.1'],
    ['cluster.drop-event', 'p0.01'],
    ['cluster.stale-list', 'p0.3'],
    ['lease.skip-renew', 'p0.2'],
  ],
  notifications: [['delivery.skip-tick', 'p0.2']],
};

/** Reached by what is done once before services start. */
const COMMANDS: readonly FailpointName[] = ['messaging.provision.between-stream-and-consumer', 'migrate.between'];

/** All that a run leads to. */
export const LED_TO: ReadonlySet<FailpointName> = new Set([
  ...Object.values(OF_APP).flat(),
  ...Object.values(LEFT_OUT).flatMap((ofApp) => ofApp.map(([name]) => name)),
  ...COMMANDS,
]);

/** These are come to by who is asked to end. */
const ASKED_TO_END: readonly FailpointName[] = [...STOPPING, 'logs.owner-handover'];
/** Reached once in a life. */
const ONCE: readonly FailpointName[] = ['boot.before-ready', ...ASKED_TO_END];

/** Of so many passes one is drawn at which it ends; a place that is reached seldom is reached at least once. */
const MOST_PASSES = 4;

/** A process that has not come to its failpoint by then is told another one. */
const GIVE_UP_MS = 45_000;
/** So long a process works before it is asked to end. */
const WORKED_MS = 2_000;
const POISON_EVERY_MS = 2_000;
const STARTS_APART_MS = 1_500;

export class FailpointHunt implements FailpointChoice {
  private active = false;
  private readonly told = new Map<string, number>();
  private readonly hits = new Map<string, number>();
  /** What the last start of each replica was told. */
  private readonly current = new Map<string, FailpointName>();

  /** @param only these; empty: all */
  constructor(
    private readonly only: readonly string[],
    readonly wantedHits: number,
    private readonly random: Random,
  ) {
    const unknown = only.find((name) => !FAILPOINT_NAMES.some((known) => known === name));
    if (unknown !== undefined) throw new Error(`there is no failpoint ${unknown}`);
  }

  /** SLIPWAY_FAILPOINTS for the next start of a replica; undefined when its app has been hit often enough everywhere. */
  rulesFor(app: string, replica: string): string | undefined {
    this.current.delete(replica);
    if (!this.active) return undefined;
    const leftOut = (LEFT_OUT[app] ?? [])
      .filter(([name]) => this.isWanted(name))
      .map(([name, how]) => `${name}=drop@${how}`);
    const rules = [...this.nextFor(app, replica), ...leftOut];
    return rules.length === 0 ? undefined : rules.join(';');
  }

  hit(name: string): void {
    this.hits.set(name, this.hitsOf(name) + 1);
  }

  get isDone(): boolean {
    return this.missing().length === 0;
  }

  /** How often each was hit. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.hits);
  }

  /** Sentences about those that were not hit often enough. */
  missing(): string[] {
    return FAILPOINT_NAMES.filter((name) => this.isWanted(name)).map(
      (name) => `${name} was hit ${this.hitsOf(name)} times, and ${this.wantedHits} were wanted`,
    );
  }

  /** One long fault: processes end at their failpoints, and those that do not are started again with another. */
  fault({ atMs, lastsMs }: { atMs: number; lastsMs: number }): Fault {
    return {
      atMs,
      text: `ends at failpoints, ${this.wantedHits} at each`,
      inject: async (rig) => {
        this.active = true;
        const begun = performance.now();
        const goesOn = (): boolean => performance.now() - begun < lastsMs && !this.isDone;
        await Promise.all([
          this.repeat(goesOn, 500, () => this.moveOn(rig, begun)),
          this.repeat(goesOn, POISON_EVERY_MS, () => this.poison(rig)),
          this.repeat(goesOn, POISON_EVERY_MS, () => this.command(rig)),
        ]);
        this.active = false;
        for (const replica of rig.replicas) replica.signal('SIGKILL');
      },
    };
  }

  private async repeat(goesOn: () => boolean, pauseMs: number, act: () => Promise<void>): Promise<void> {
    while (goesOn()) {
      await act();
      await delay(pauseMs);
    }
  }

  private nextFor(app: string, replica: string): string[] {
    const left = (OF_APP[app] ?? []).filter((name) => this.isWanted(name));
    const [next] = left.toSorted((a, b) => this.turnsOf(app, a) - this.turnsOf(app, b));
    if (next === undefined) return [];
    this.told.set(`${app} ${next}`, this.turnsOf(app, next) + 1);
    this.current.set(replica, next);
    const pass = ONCE.includes(next) ? 1 : Math.ceil(this.random.between(0, MOST_PASSES));
    return [`${next}=kill@${pass}`];
  }

  private async moveOn(rig: Rig, begun: number): Promise<void> {
    // One at a time: all that start together take each other's time.
    let hasEnded = rig.replicas.some(({ startedAt }) => performance.now() - startedAt < STARTS_APART_MS);
    for (const replica of rig.replicas) {
      const livedMs = performance.now() - replica.startedAt;
      const name = this.current.get(replica.name);
      const isUntold = replica.startedAt < begun;
      if (name !== undefined && ASKED_TO_END.includes(name) && livedMs > WORKED_MS && (await replica.isReady()))
        replica.signal('SIGTERM');
      else if (livedMs > GIVE_UP_MS && name !== undefined) replica.signal('SIGKILL');
      else if (isUntold && !hasEnded) hasEnded = replica.signal('SIGKILL');
    }
    await rig.passOnLease();
  }

  private async poison(rig: Rig): Promise<void> {
    if (BURYING.some((name) => this.isWanted(name))) await sendBroken(rig);
  }

  private async command(rig: Rig): Promise<void> {
    for (const name of COMMANDS.filter((one) => this.isWanted(one))) {
      const { command, done } = name === 'migrate.between' ? await rig.migration() : rig.provisioning();
      if (await runToFailpoint(command, `${name}=kill@1`)) this.hit(name);
      await runToFailpoint(command, undefined);
      await done();
    }
  }

  private isWanted(name: FailpointName): boolean {
    return (this.only.length === 0 || this.only.includes(name)) && this.hitsOf(name) < this.wantedHits;
  }

  private hitsOf(name: string): number {
    return this.hits.get(name) ?? 0;
  }

  private turnsOf(app: string, name: FailpointName): number {
    return this.told.get(`${app} ${name}`) ?? 0;
  }
}
