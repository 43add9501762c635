import { openTestRun } from './test-run.js';

/** Vitest calls this once per project before its tests, and what it returns at the end of the run. */
export default function setup(): Promise<() => Promise<void>> {
  return openTestRun();
}
