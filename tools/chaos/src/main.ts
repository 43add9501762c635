import 'reflect-metadata';

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runDefects } from './defects/run-defects.js';
import { type Options, readOptions, USAGE } from './options.js';
import { reportOf } from './report.js';
import { rows } from './rows.js';
import { isFailing, judgeRun, run, type RunRecord } from './run.js';
import { runMatrix } from './run-matrix.js';

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

/** @returns whether it passed */
async function main(args: readonly string[]): Promise<boolean> {
  const { options, judge, defects, matrix, list, help } = readOptions(args, RESULTS);
  if (help) return print(USAGE);
  if (list)
    return print(
      Object.entries(rows)
        .map(([name, { title }]) => `${name}  ${title}`)
        .join('\n'),
    );
  if (judge !== undefined) return judgeAgain(resolve(judge), options);
  print(`seed ${options.seed}`);
  if (defects !== undefined) {
    const names = defects === 'all' ? [] : defects.split(',');
    return runDefects(names, options, (line) => print(`  ${line}`));
  }
  if (matrix) return runMatrix(options, print);
  const result = await run(rowOf(options.row), options, (line) => print(`  ${line}`));
  print(reportOf(result, options));
  return !isFailing(result);
}

function judgeAgain(folder: string, options: Options): boolean {
  const record = JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8')) as RunRecord;
  const judgement = judgeRun(rowOf(record.row), record, join(folder, 'journal.ndjson'));
  print(reportOf({ ...judgement, record, folder }, { ...options, row: record.row }));
  return !isFailing(judgement);
}

function rowOf(name: string) {
  const row = rows[name];
  if (!row)
    throw new Error(`there is no row ${name || '(none named)'}; there are ${Object.keys(rows).join(', ')}\n\n${USAGE}`);
  return row;
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
