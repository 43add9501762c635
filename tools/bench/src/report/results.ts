import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import type { Round } from '../benchmark.js';
import type { Machine, Parts } from '../machine.js';
import type { Judged } from './judge.js';

export interface ScenarioResult {
  readonly name: string;
  /** What was measured, side by side. */
  readonly rounds: readonly Round[];
  readonly judged: readonly Judged[];
  /** Limits that could not be looked at, each with the reason. */
  readonly skipped?: Readonly<Record<string, string>>;
  /** Why the figures mean nothing, such as a driver that was the limit itself. */
  readonly void?: string;
}

export interface BenchmarkResult {
  readonly id: string;
  readonly title: string;
  readonly scenarios: readonly ScenarioResult[];
  /** Why it did not come to its end. */
  readonly failed?: string;
}

/** What a file of the results folder holds. */
export interface Results {
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly parts: Parts | null;
  readonly rounds: number;
  readonly benchmarks: readonly BenchmarkResult[];
}

export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

/** @throws Error in a sentence, when the file holds something else */
export function readResults(file: string): Results {
  let results: Partial<Results>;
  try {
    results = JSON.parse(readFileSync(file, 'utf8')) as Partial<Results>;
  } catch (error) {
    throw new Error(`${file} cannot be read as results: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (!Array.isArray(results.benchmarks)) throw new Error(`${file} holds no results of npm run bench`);
  return results as Results;
}
