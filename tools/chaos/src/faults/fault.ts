import type { Tenant } from '../driver/tenant.js';
import type { Random } from '../random.js';
import type { Rig } from '../rig/rig.js';

/** Something that is done to the system, at its time. */
export interface Fault {
  /** After the begin of the load. */
  readonly atMs: number;
  /** For the journal. */
  readonly text: string;
  /**
   * Resolves when it is over: what it broke works again by then. What it returns is judged by the row.
   * @throws what did not go as it must, or as planned
   */
  inject(rig: Rig): Promise<Measured | void>;
}

/** How long something took that has a limit. */
export interface Measured {
  readonly what: string;
  readonly tookMs: number;
}

export interface FaultContext {
  readonly rig: Rig;
  readonly tenants: readonly Tenant[];
  readonly random: Random;
  readonly count: number;
  /** How long the load lasts; the first and the last eighth of it are without faults. */
  readonly loadMs: number;
  /** Apps whose replicas are meant; empty: all. */
  readonly targets: readonly string[];
}

export type PlanFaults = (context: FaultContext) => Fault[];

/** Moments for so many faults, in their order, drawn from the three quarters of the load in which faults may be. */
export function moments({ random, count, loadMs }: FaultContext): number[] {
  return Array.from({ length: count }, () => random.between(loadMs / 8, (loadMs * 7) / 8)).sort((a, b) => a - b);
}

/** A fault of which the lane decides when it comes. */
export interface Lasting {
  readonly lastsMs: number;
  /** What it is; how long it lasts is told beside it. */
  readonly text: string;
  inject(rig: Rig, lastsMs: number): Promise<Measured | void>;
}

/**
 * Faults of which only one may be at a time, in their order over the three quarters of the load in which faults may be; each is followed by a
 * rest. Where they need more time than there is, all are cut short alike; where they need less, they rest longer. One that takes longer to heal
 * moves those behind it.
 */
export function lane({ loadMs }: Pick<FaultContext, 'loadMs'>, restMs: number, faults: readonly Lasting[]): Fault[] {
  const needed = faults.reduce((sum, { lastsMs }) => sum + lastsMs + restMs, 0);
  const share = (loadMs * 3) / 4 / needed;
  let atMs = loadMs / 8;
  let before: Promise<unknown> = Promise.resolve();
  return faults.map((fault) => {
    const { lastsMs: wantedMs, text } = fault;
    const lastsMs = wantedMs * Math.min(1, share);
    const turnMs = (wantedMs + restMs) * share;
    atMs += turnMs;
    return {
      atMs: atMs - turnMs,
      text: `${text}, ${Math.round(lastsMs)} ms`,
      inject: (rig) => {
        const mine = before.then(() => fault.inject(rig, lastsMs));
        before = mine.catch(() => undefined);
        return mine;
      },
    };
  });
}

/** Deals them out to so many lanes, one after the other. */
export function dealt<T>(all: readonly T[], lanes: number): T[][] {
  return Array.from({ length: lanes }, (_, number) => all.filter((__, index) => index % lanes === number));
}

export function byTime(faults: readonly Fault[]): Fault[] {
  return faults.toSorted((a, b) => a.atMs - b.atMs);
}

/** Replicas that a fault may hit. */
export function targetsOf({ rig, targets }: FaultContext): readonly string[] {
  return rig.replicas
    .map(({ name }) => name)
    .filter((name) => targets.length === 0 || targets.some((app) => name.startsWith(`${app}-`)));
}

/** How long it takes, from now on, until every replica is ready again. */
export async function untilAllReady(rig: Rig, what: string): Promise<Measured> {
  const begun = performance.now();
  await rig.untilReady(60_000);
  return { what, tookMs: performance.now() - begun };
}
