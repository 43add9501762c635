// Plants one defect after the other, each under its row, and demands that its check fails: a check counts only after it has been seen red.
import type { Options } from '../options.js';
import { rows } from '../rows.js';
import { run, type RunResult } from '../run.js';
import { defects } from './defects.js';

/** @returns whether every one of them was found */
export async function runDefects(
  names: readonly string[],
  options: Options,
  tell: (line: string) => void,
): Promise<boolean> {
  const chosen = names.length === 0 ? Object.keys(defects) : names;
  const missed: string[] = [];
  for (const name of chosen) {
    const defect = defects[name];
    const row = defect && rows[defect.row];
    if (!row) throw new Error(`there is no defect ${name}; there are ${Object.keys(defects).join(', ')}`);
    tell(`${name}: ${defect.title}`);
    const result = await run(row, { ...options, ...defect.options, row: defect.row, defect: name }, (line) =>
      tell(`  ${line}`),
    );
    const { turnsRed } = defect;
    const found = whatFailed(result).filter(([what, text]) =>
      typeof turnsRed === 'string' ? what === turnsRed : turnsRed.test(text),
    );
    if (found.length === 0) missed.push(name);
    const [first] = found;
    tell(
      first
        ? `  found: ${first.join(': ')}`
        : `  NOT FOUND: ${String(turnsRed)} did not fail; kept in ${result.folder}`,
    );
  }
  tell(missed.length === 0 ? `all ${chosen.length} planted defects were found` : `not found: ${missed.join(', ')}`);
  return missed.length === 0;
}

function whatFailed({ failing, violations }: RunResult): [string, string][] {
  return [
    ...failing.map(({ verdict, operation, found }): [string, string] => [
      verdict,
      `${operation.kind} ${operation.target} was ${operation.outcome}, found ${found}`,
    ]),
    ...violations.map(({ invariant, text }): [string, string] => [invariant, text]),
  ];
}
