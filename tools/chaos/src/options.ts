import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

import { readJournal, type RunLine } from './driver/journal.js';

export interface Options {
  readonly row: string;
  /** How many faults; default: the row's. */
  readonly count: number | undefined;
  readonly seconds: number | undefined;
  readonly rate: number;
  readonly seed: number;
  /** Limits of time count so many times: for a machine that does other things. */
  readonly slack: number;
  /** When the load has ended, all is quiet within so many seconds. */
  readonly quietWithinS: number;
  /** Of the matrix' counts: 1 for a release, a tenth for a night. */
  readonly share: number;
  /** Apps whose replicas are killed, paused or cut off; none: all. */
  readonly targets: readonly string[];
  /** Names of failpoints at which processes end, `all` for all. */
  readonly failpoints: readonly string[] | undefined;
  /** SLIPWAY_FAILPOINTS of an app from its first start on. */
  readonly rules?: Readonly<Record<string, string>>;
  /** How often each is to be hit. */
  readonly hits: number;
  /** All services in one process. */
  readonly oneProcess: boolean;
  readonly defect: string | undefined;
  readonly results: string;
}

const DEFAULT_RATE = 50;
const DEFAULT_HITS = 20;
const QUIET_WITHIN_S = 300;

export const USAGE = `npm run chaos -- --row F1 [--seconds 60] [--kills 20]     one row, with so many faults (--count is the same)
npm run chaos -- --row F1 --failpoints all                processes end at every failpoint, --hits times at each (${DEFAULT_HITS})
npm run chaos -- --row F1 --one-process                   all services in one process, which is killed
npm run chaos -- --matrix [--row F2,F4]                   rows with the counts of the matrix, one after the other; goes on after a failure
npm run chaos -- --row F1 --replay <journal>              the run of a journal again: its seed, its times, its faults
npm run chaos -- --judge <folder>                         the verdict on a run that was kept
npm run chaos -- --defects all                            plants each defect (or D2,D4) and demands that its check fails
npm run chaos -- --list                                   the rows

  --share S     of the matrix' counts: 1, or 0.1 for a night (1)
  --rate N      operations a second, all workloads together (${DEFAULT_RATE})
  --quiet-within S  seconds until all must be quiet after the load (${QUIET_WITHIN_S})
  --targets A,B kills, pauses or cuts off replicas of these apps only
  --slack N     limits of time count N times, for a machine that does other things (1)
  --seed N      default: drawn, and printed first
  --results D   where runs are kept (tools/chaos/results)`;

/** What is asked for on the command line. @throws Error naming what cannot be read */
export function readOptions(args: readonly string[], results: string) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      row: { type: 'string' },
      count: { type: 'string' },
      kills: { type: 'string' },
      seconds: { type: 'string' },
      rate: { type: 'string' },
      slack: { type: 'string' },
      share: { type: 'string' },
      targets: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
      judge: { type: 'string' },
      failpoints: { type: 'string' },
      hits: { type: 'string' },
      'quiet-within': { type: 'string' },
      defect: { type: 'string' },
      defects: { type: 'string' },
      results: { type: 'string', default: results },
      'one-process': { type: 'boolean' },
      matrix: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const before = values.replay === undefined ? {} : optionsOf(values.replay);
  const chosen: Partial<typeof values> = { ...before, ...values };
  const options: Options = {
    row: chosen.row ?? '',
    count: numberOf('count', chosen.count ?? chosen.kills),
    seconds: numberOf('seconds', chosen.seconds),
    rate: numberOf('rate', chosen.rate) ?? DEFAULT_RATE,
    seed: numberOf('seed', chosen.seed) ?? randomInt(2 ** 31),
    slack: numberOf('slack', chosen.slack) ?? 1,
    share: shareIn(values.share),
    quietWithinS: numberOf('quiet-within', chosen['quiet-within']) ?? QUIET_WITHIN_S,
    targets: chosen.targets?.split(',') ?? [],
    failpoints: chosen.failpoints?.split(','),
    hits: numberOf('hits', chosen.hits) ?? DEFAULT_HITS,
    oneProcess: Boolean(chosen['one-process']),
    defect: chosen.defect,
    results: values.results,
  };
  if (options.oneProcess && options.failpoints)
    throw new Error('--failpoints are those of an app: not with --one-process');
  const { judge, defects, matrix, list, help } = values;
  return { options, judge, defects, matrix, list, help };
}

/** The options that a run was given, from the first line of its journal. */
function optionsOf(journal: string): Record<string, string> {
  const run = readJournal(journal).find((line): line is RunLine => line.note === 'run');
  if (!run) throw new Error(`${journal} does not begin with the line of a run`);
  const given = Object.entries({ ...run.options, row: run.row, seed: run.seed });
  return Object.fromEntries(
    given.filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]),
  );
}

function shareIn(text = '1'): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new Error(`--share is above 0 and at most 1, not ${text}`);
  return share;
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} is a whole number, not ${text}`);
  return number;
}
