// What every build has: failpoints do nothing. `node --conditions=slipway-failpoints` puts active.ts in its place (package.json, imports).
import type { FailpointName } from './names.js';

/** Marks a place where a crash test may stop or end the process. `await` it: the real one may take its time, or throw. */
export function failpoint(_name: FailpointName): void | Promise<void> {}

/** Marks something that a crash test may leave out; true when it is to be left out. */
export function isDropped(_name: FailpointName): boolean {
  return false;
}

/** Why this process must not start: somebody counts on failpoints that are not there. */
export function failpointsIssue(): string | undefined {
  if (!process.env.SLIPWAY_FAILPOINTS) return undefined;
  return 'is set, but this build has no failpoints. Unset it; a crash test starts node with --conditions=slipway-failpoints.';
}
