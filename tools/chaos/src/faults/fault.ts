import type { Random } from '../random.js';
import type { Rig } from '../rig/rig.js';

/** Something that is done to the system, at its time. */
export interface Fault {
  /** After the begin of the load. */
  readonly atMs: number;
  /** For the journal. */
  readonly text: string;
  /** Resolves when it is over: what it broke works again by then. */
  inject(rig: Rig): Promise<void>;
}

export interface FaultContext {
  readonly rig: Rig;
  readonly random: Random;
  readonly count: number;
  /** How long the load lasts; the first and the last eighth of it are without faults. */
  readonly loadMs: number;
}

export type PlanFaults = (context: FaultContext) => Fault[];

/** Moments for so many faults, in their order, drawn from the three quarters of the load in which faults may be. */
export function moments({ random, count, loadMs }: FaultContext): number[] {
  return Array.from({ length: count }, () => random.between(loadMs / 8, (loadMs * 7) / 8)).sort((a, b) => a - b);
}
