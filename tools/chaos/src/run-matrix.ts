// Rows with the counts of the matrix, one after the other: what a release needs. Goes on after a failure, and tells of all in the end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Options } from './options.js';
import { reportOf } from './report.js';
import { rows } from './rows.js';
import { isFailing, run } from './run.js';

interface Planned {
  readonly title: string;
  readonly options: Partial<Options> & { readonly row: string };
}

/** Beside each row with its count: F1 at every failpoint, and with all services in one process. */
const MORE: readonly Planned[] = [
  { title: 'F1 --failpoints all', options: { row: 'F1', failpoints: ['all'] } },
  { title: 'F1 --one-process', options: { row: 'F1', oneProcess: true, count: 100 } },
];

/** Rows of the design that are not built: no table without them looks whole. */
const NOT_BUILT = ['F3 (power loss)', 'F7 (full disk)', 'F10 (clock)', 'F11 (starvation)', 'F12 (upgrade)', 'F14'];

/** @returns whether all that there are passed */
export async function runMatrix(options: Options, tell: (line: string) => void): Promise<boolean> {
  const only = options.row === '' || options.row === 'all' ? Object.keys(rows) : options.row.split(',');
  const planned = only.flatMap((row): Planned[] => [
    { title: row, options: { row, count: shareOf(rows[row]?.matrixCount ?? 0, options.share) } },
    ...MORE.filter((more) => more.options.row === row).map((more) => ({
      ...more,
      options: {
        ...more.options,
        count: shareOf(more.options.count ?? 0, options.share),
        hits: shareOf(options.hits, options.share),
      },
    })),
  ]);
  const table = ['| row | faults | ok | unknown | minutes | |', '|---|---|---|---|---|---|'];
  const keep = (lines: readonly string[]): void =>
    writeFileSync(join(options.results, `matrix-${options.seed}.md`), `${lines.join('\n')}\n`);
  let passed = true;
  for (const [index, one] of planned.entries()) {
    tell(`${one.title} (${index + 1} of ${planned.length})`);
    const begun = performance.now();
    const outcome = await outcomeOf({ ...options, ...one.options }, tell);
    passed &&= outcome.passed;
    const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
    table.push(`| ${one.title} | ${outcome.cells} | ${minutes} | ${outcome.passed ? 'passed' : outcome.why} |`);
    keep(table);
  }
  if (only.length === Object.keys(rows).length)
    table.push(...NOT_BUILT.map((row) => `| ${row} | - | - | - | - | skipped: not built |`));
  keep(table);
  tell(`\n${table.join('\n')}`);
  return passed;
}

/** Nought stays nought, and of anything at least one is left. */
function shareOf(count: number, share: number): number {
  return Math.ceil(count * share);
}

interface RowOutcome {
  readonly passed: boolean;
  /** Faults, operations that were ok, and those of unknown fate. */
  readonly cells: string;
  readonly why: string;
}

async function outcomeOf(options: Options, tell: (line: string) => void): Promise<RowOutcome> {
  try {
    const row = rows[options.row];
    if (!row) throw new Error(`there is no row ${options.row}`);
    const result = await run(row, options, (line) => tell(`  ${line}`));
    tell(reportOf(result, options));
    const { totals, record, failing, violations } = result;
    const hits = Object.values(record.hits).reduce((sum, count) => sum + count, 0);
    const cells = `${hits || record.faults.length} | ${totals.ok} | ${totals.unknown}`;
    return {
      passed: !isFailing(result),
      cells,
      why: `FAILED: ${failing.length + violations.length}, ${result.folder}`,
    };
  } catch (error) {
    return { passed: false, cells: '- | - | -', why: `did not run: ${String(error)}` };
  }
}
