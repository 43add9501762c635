// What bench.mjs runs.
import 'reflect-metadata';

import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { benchmarks } from './benchmarks/index.js';
import { bindThisProcess, findCores } from './cores.js';
import { describeMachine, describeParts, type Parts } from './machine.js';
import { HELP, type Options, readOptions } from './options.js';
import { compare } from './report/compare.js';
import { type BenchmarkResult, readResults, writeResults } from './report/results.js';
import { comparisonText, machineText, partsText, scenarioText } from './report/text.js';
import { runBenchmark } from './run.js';
import { Stage } from './stage.js';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const print = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  const options = readOptions(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd(), root);
  process.exitCode = await act(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// Connections that are still closing would keep this process.
process.exit();

async function act(options: Options): Promise<number> {
  switch (options.command) {
    case 'help':
      print(HELP);
      return 0;
    case 'list':
      for (const { id, title } of benchmarks) print(`${id}  ${title}`);
      return 0;
    case 'compare': {
      const comparison = compare(readResults(options.before), readResults(options.after));
      print(comparisonText(comparison));
      return comparison.missing.length > 0 || comparison.differences.some(({ worse }) => worse) ? 1 : 0;
    }
    case 'run':
      return run(options);
  }
}

async function run({ ids, scenario, rounds, folder }: Extract<Options, { command: 'run' }>): Promise<number> {
  const unknown = ids.filter((id) => !benchmarks.some((one) => one.id === id));
  if (unknown.length > 0) throw new Error(`There is no benchmark ${unknown.join(', ')}: npm run bench -- --list`);
  const wanted = benchmarks.filter(({ id }) => ids.length === 0 || ids.includes(id));

  const cores = findCores();
  if (cores) bindThisProcess(cores.driver);
  const startedAt = new Date();
  const began = performance.now();
  const machine = describeMachine(root, cores);
  print(machineText(machine));

  let parts: Parts | null = null;
  const tell = (line: string): void =>
    print(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const stopped = whenStopped();
  const results: BenchmarkResult[] = [];
  for (const benchmark of wanted) {
    const stage = new Stage(cores, tell, async (instance) => {
      if (parts) return;
      parts = await describeParts(instance);
      print(partsText(parts));
    });
    tell(`${benchmark.id} ${benchmark.title}`);
    results.push(await runBenchmark(benchmark, stage, { rounds, scenario, stopped }));
  }

  const seconds = Math.round((performance.now() - began) / 1000);
  const file = join(folder, `${startedAt.toISOString().replaceAll(':', '').slice(0, 17)}.json`);
  writeResults(file, { startedAt: startedAt.toISOString(), seconds, machine, parts, rounds, benchmarks: results });
  print(`\nMin · median · max of ${rounds} rounds, in ${seconds} s:`);
  for (const { id, title, scenarios, failed } of results) {
    print(`${id} ${title}${failed === undefined ? '' : `: FAILED, ${failed}`}`);
    for (const one of scenarios) print(scenarioText(one));
  }
  print(`\nKept in ${file}`);
  return results.every(isGood) ? 0 : 1;
}

function isGood({ scenarios, failed }: BenchmarkResult): boolean {
  return (
    failed === undefined &&
    scenarios.every(
      ({ judged, void: reason }) => reason === undefined && judged.every(({ verdict }) => verdict !== 'missed'),
    )
  );
}

/** Rejects at the first signal, or when the launcher is gone. */
function whenStopped(): Promise<never> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new Error('Stopped; nothing was kept.'));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    process.once('disconnect', stop);
  });
  stopped.catch(() => undefined);
  return stopped;
}
