// F1 at every failpoint: each start of a replica is told one of its app's failpoints at which it ends, those first that were hit least.
import { FAILPOINT_NAMES, type FailpointName } from '@slipway/runtime';

import { setTimeout as delay } from 'node:timers/promises';

import type { Random } from '../random.js';
import type { FailpointChoice, Rig } from '../rig/rig.js';
import type { Fault } from './fault.js';

const HANDLING: readonly FailpointName[] = [
  'boot.before-ready',
  'messaging.before-handler',
  'messaging.after-commit-before-ack',
  'messaging.after-ack-before-reply',
  'persistence.before-commit',
  'persistence.after-commit',
];
const PUBLISHING: readonly FailpointName[] = ['outbox.after-select', 'outbox.after-puback'];

/** The failpoints that the workloads lead each app through. */
const OF_APP: Readonly<Record<string, readonly FailpointName[]>> = {
  gateway: [
    'boot.before-ready',
    'gateway.after-authenticate',
    'gateway.before-publish',
    'gateway.after-puback',
    'gateway.after-reply-before-response',
    'gateway.stream.after-first-frame',
  ],
  identity: [...HANDLING, ...PUBLISHING],
  catalog: HANDLING,
  deployments: [
    ...HANDLING,
    ...PUBLISHING,
    'cluster.before-apply',
    'cluster.after-apply',
    'reconcile.after-read',
    'reconcile.between-objects',
    'reconcile.before-prune',
    'reconcile.before-status',
    'delete.after-cluster-before-row',
  ],
  logs: [...HANDLING, 'logs.after-read-before-publish'],
  notifications: [...HANDLING, 'delivery.before-send', 'delivery.after-send-before-record'],
};

/** Of so many passes one is drawn at which it ends; a place that is reached seldom is reached at least once. */
const MOST_PASSES = 4;

/** A process that has not come to its failpoint by then is told another one. Who is to reconcile waits for the lease of the one before. */
const GIVE_UP_MS = 60_000;

export class FailpointHunt implements FailpointChoice {
  private active = false;
  private readonly told = new Map<FailpointName, number>();
  private readonly hits = new Map<FailpointName, number>();

  /** @param only these; empty: all */
  constructor(
    private readonly only: readonly string[],
    readonly wantedHits: number,
    private readonly random: Random,
  ) {
    const unknown = only.find((name) => !FAILPOINT_NAMES.some((known) => known === name));
    if (unknown !== undefined) throw new Error(`there is no failpoint ${unknown}`);
  }

  /** SLIPWAY_FAILPOINTS for the next start of a replica of this app; undefined when it has been hit often enough everywhere. */
  rulesFor(app: string): string | undefined {
    if (!this.active) return undefined;
    const left = this.namesOf(app).filter((name) => (this.hits.get(name) ?? 0) < this.wantedHits);
    const [next] = left.toSorted((a, b) => this.turnsOf(a) - this.turnsOf(b));
    if (next === undefined) return undefined;
    this.told.set(next, this.turnsOf(next) + 1);
    const pass = next === 'boot.before-ready' ? 1 : Math.ceil(this.random.between(0, MOST_PASSES));
    return `${next}=kill@${pass}`;
  }

  hit(name: string): void {
    this.hits.set(name as FailpointName, (this.hits.get(name as FailpointName) ?? 0) + 1);
  }

  get isDone(): boolean {
    return this.missing().length === 0;
  }

  /** Sentences about those that were not hit often enough. */
  missing(): string[] {
    const all = new Set(Object.keys(OF_APP).flatMap((app) => this.namesOf(app)));
    return [...all]
      .map((name) => ({ name, count: this.hits.get(name) ?? 0 }))
      .filter(({ count }) => count < this.wantedHits)
      .map(({ name, count }) => `${name} was hit ${count} times, and ${this.wantedHits} were wanted`);
  }

  /** One long fault: processes end at their failpoints, and those that do not are started again with another. */
  fault({ atMs, lastsMs }: { atMs: number; lastsMs: number }): Fault {
    return {
      atMs,
      text: `ends at failpoints, ${this.wantedHits} at each`,
      inject: async (rig) => {
        this.active = true;
        const begun = performance.now();
        while (performance.now() - begun < lastsMs && !this.isDone) {
          this.moveOn(rig, begun);
          await delay(500);
        }
        this.active = false;
        for (const replica of rig.replicas) replica.signal('SIGKILL');
      },
    };
  }

  private moveOn(rig: Rig, begun: number): void {
    for (const replica of rig.replicas) {
      const app = replica.name.replace(/-\d+$/, '');
      const isUntold = replica.startedAt < begun || performance.now() - replica.startedAt > GIVE_UP_MS;
      if (isUntold && this.hasLeft(app)) replica.signal('SIGKILL');
    }
  }

  private hasLeft(app: string): boolean {
    return this.namesOf(app).some((name) => (this.hits.get(name) ?? 0) < this.wantedHits);
  }

  private namesOf(app: string): readonly FailpointName[] {
    const names = OF_APP[app] ?? [];
    return this.only.length === 0 ? names : names.filter((name) => this.only.includes(name));
  }

  private turnsOf(name: FailpointName): number {
    return this.told.get(name) ?? 0;
  }
}
