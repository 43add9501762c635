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

/**
 * Like `moments`, for faults of which only one may be at a time: each has a turn, of which it takes at most half, and waits for the one before
 * it when that takes longer to heal.
 */
export function turns(
  { random, count, loadMs }: FaultContext,
  { least, most }: { least: number; most: number },
  make: (lastsMs: number, index: number) => Omit<Fault, 'atMs'>,
): Fault[] {
  const turnMs = (loadMs * 3) / 4 / Math.max(1, count);
  let before: Promise<unknown> = Promise.resolve();
  return Array.from({ length: count }, (_, index) => {
    const lastsMs = Math.min(random.between(least, most), turnMs / 2);
    const { text, inject } = make(lastsMs, index);
    return {
      atMs: loadMs / 8 + index * turnMs + random.between(0, turnMs / 2 - lastsMs / 2),
      text,
      inject: (rig) => {
        const mine = before.then(() => inject(rig));
        before = mine.catch(() => undefined);
        return mine;
      },
    };
  });
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
