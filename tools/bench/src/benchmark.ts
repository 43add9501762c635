// What a benchmark is: scenarios, each with sides that are measured in turn (Slipway, and the floors beside it), and limits that compare
// the sides of one round. B1 may have four sides and B10 one; the runner does not care.
import type { Stage } from './stage.js';

/** Figures of one side in one round, by name with its unit: `p99Ms`, `perSecond`, `cpuSeconds`. */
export type Reading = Readonly<Record<string, number>>;

/** The sides of one round, by name. */
export type Round = Readonly<Record<string, Reading>>;

export interface Side {
  readonly name: string;
  /** One round. Checks that what came is right, and throws when it is not: a wrong answer has no speed. */
  measure(): Promise<Reading>;
}

/** What one figure has to be. */
export interface Limit {
  readonly name: string;
  /** `×` is a ratio of two sides, which `compare` holds against an earlier run. */
  readonly unit: '×' | 'ms' | 's' | 'kB' | 'MB' | '/s' | '%';
  readonly better: 'lower' | 'higher';
  /** What a release needs. */
  readonly gate?: number;
  /** Close to what the floor allows. */
  readonly goal?: number;
  of(round: Round): number;
}

export interface Scenario {
  readonly name: string;
  readonly sides: readonly Side[];
  readonly limits: readonly Limit[];
  /** Limits that cannot be looked at here, each with the reason. */
  readonly skipped?: Readonly<Record<string, string>>;
  /** Called before the first round and after the last one. */
  open?(): Promise<void>;
  close?(): Promise<void>;
}

export interface Benchmark {
  /** As in the list of benchmarks: `B6`. */
  readonly id: string;
  readonly title: string;
  /** Starts what is measured; what it starts is given to the stage, which stops it. */
  prepare(stage: Stage): Promise<readonly Scenario[]>;
}

/** A figure that must be there. @throws Error naming what is missing */
export function figure(round: Round, side: string, name: string): number {
  const value = round[side]?.[name];
  if (value === undefined) throw new Error(`${side} was not measured for ${name}`);
  return value;
}
