// Owns the order of measuring: in each round every side once, so that what the machine does meanwhile falls on all of them alike.
import type { Benchmark, Reading, Round, Scenario } from './benchmark.js';
import { cpuSecondsOf } from './parts/process-tree.js';
import { judge } from './report/judge.js';
import type { BenchmarkResult, ScenarioResult } from './report/results.js';
import { scenarioText, short } from './report/text.js';
import type { Stage } from './stage.js';

/** A driver that uses more of its core than this may have been the limit itself. */
const MOST_DRIVER_LOAD = 0.9;
export const DRIVER_LOAD = 'driverLoad';

export interface RunOptions {
  readonly rounds: number;
  /** Only scenarios with this in their name. */
  readonly scenario: string;
  /** Rejects once the run is to be stopped. */
  readonly stopped: Promise<never>;
}

/** Runs one benchmark. What goes wrong is in the result: the others are measured all the same. @throws only what `stopped` does */
export async function runBenchmark(benchmark: Benchmark, stage: Stage, options: RunOptions): Promise<BenchmarkResult> {
  const { id, title } = benchmark;
  const done: ScenarioResult[] = [];
  let isStopped = false;
  options.stopped.catch(() => (isStopped = true));
  try {
    const scenarios = await Promise.race([benchmark.prepare(stage), options.stopped]);
    for (const scenario of scenarios.filter(({ name }) => name.includes(options.scenario))) {
      const result = await Promise.race([runScenario(id, scenario, stage, options.rounds), options.stopped]);
      done.push(result);
      stage.tell(`${id}\n${scenarioText(result)}`);
    }
    return { id, title, scenarios: done };
  } catch (error) {
    if (isStopped) throw error;
    const failed = error instanceof Error ? error.message : String(error);
    stage.tell(`${id} failed: ${error instanceof Error ? error.stack : failed}`);
    return { id, title, scenarios: done, failed };
  } finally {
    await stage.close();
  }
}

export async function runScenario(
  id: string,
  scenario: Scenario,
  stage: Pick<Stage, 'tell' | 'besideDriver'>,
  count: number,
): Promise<ScenarioResult> {
  const { name, sides, limits, skipped } = scenario;
  const rounds: Round[] = [];
  await scenario.open?.();
  try {
    for (let index = 1; index <= count; index += 1) {
      const round: Record<string, Reading> = {};
      // Each side is first as often as the others.
      for (let turn = 0; turn < sides.length; turn += 1) {
        const side = sides[(index + turn - 1) % sides.length];
        if (!side) continue;
        const reading = await withDriverLoad(stage.besideDriver, () => side.measure());
        round[side.name] = reading;
        stage.tell(`${id} ${name}, round ${index}/${count}, ${side.name}: ${readingText(reading)}`);
      }
      rounds.push(round);
    }
  } finally {
    await scenario.close?.();
  }
  const reason = reasonToVoid(rounds);
  return {
    name,
    rounds,
    judged: limits.map((limit) => judge(limit, rounds)),
    ...(skipped && { skipped }),
    ...(reason !== undefined && { void: reason }),
  };
}

/** Why the figures of these rounds mean nothing, if they do not. */
export function reasonToVoid(rounds: readonly Round[]): string | undefined {
  const busiest = Math.max(...rounds.flatMap((round) => Object.values(round).map((one) => one[DRIVER_LOAD] ?? 0)));
  return busiest > MOST_DRIVER_LOAD ? `the driver used ${short(100 * busiest)} % of its core` : undefined;
}

async function withDriverLoad(besideDriver: readonly number[], work: () => Promise<Reading>): Promise<Reading> {
  const began = performance.now();
  const before = process.cpuUsage();
  const others = (): number => besideDriver.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  const othersBefore = others();
  const reading = await work();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - began) / 1000;
  return { ...reading, [DRIVER_LOAD]: ((user + system) / 1e6 + others() - othersBefore) / seconds };
}

function readingText(reading: Reading): string {
  return Object.entries(reading)
    .map(([name, value]) => `${name} ${short(value)}`)
    .join(', ');
}
