// Owns who runs on which core. The driver has its own, so that it does not take from what it measures; what is measured and its floors
// run on the same ones.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface Cores {
  readonly driver: number;
  /** Where the world around Slipway runs: the cluster with what its containers write. */
  readonly world: number;
  readonly system: readonly number[];
}

/** Undefined where there is only one core. */
export function splitCores(count: number): Cores | undefined {
  if (count < 2) return undefined;
  const driver = count - 1;
  const world = count >= 4 ? count - 2 : driver;
  return { driver, world, system: Array.from({ length: world }, (_, core) => core) };
}

/** Undefined where processes cannot be bound to cores. */
export function findCores(): Cores | undefined {
  const hasTaskset = spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0;
  return hasTaskset ? splitCores(availableParallelism()) : undefined;
}

/** A command line that runs on these cores alone. */
export function onCores(cores: readonly number[] | undefined, command: readonly string[]): string[] {
  return cores ? ['taskset', '-c', cores.join(','), ...command] : [...command];
}

/** Binds this process, all its threads included. */
export function bindThisProcess(core: number): void {
  spawnSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)], { stdio: 'ignore' });
}
