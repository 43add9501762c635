import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Fewer rounds show no spread. */
export const DEFAULT_ROUNDS = 5;

export const HELP = `npm run bench [-- options]           measures Slipway beside its floors, in turn
npm run bench -- compare A B         holds results B against A; fails when a ratio is more than 10 % worse

  --bench B6,B7     these alone (default: all)
  --scenario TEXT   only scenarios with this in their name
  --rounds N        rounds of each scenario (default ${DEFAULT_ROUNDS}; fewer are a smoke test)
  --results D       folder for the results (default tools/bench/results, which git ignores)
  --list            the benchmarks there are
  --help            this text

It starts instances of its own, at free ports and in folders of their own, and stops them at the end and at Ctrl-C.
It fails when an answer was wrong, when a gate was missed, or when the driver was the limit.`;

export type Options =
  | { readonly command: 'help' | 'list' }
  | { readonly command: 'compare'; readonly before: string; readonly after: string }
  | {
      readonly command: 'run';
      readonly ids: readonly string[];
      readonly scenario: string;
      readonly rounds: number;
      readonly folder: string;
    };

/** @param here where the user typed it; @param root folder of package.json; @throws Error in a sentence when the line is wrong */
export function readOptions(args: string[], here: string, root: string): Options {
  const { values, positionals } = parse(args);
  if (values.help) return { command: 'help' };
  if (values.list) return { command: 'list' };
  const [command, before, after, ...more] = positionals;
  if (command === 'compare') {
    if (before === undefined || after === undefined || more.length > 0)
      throw new Error('compare needs two files: npm run bench -- compare BEFORE AFTER');
    return { command, before: resolve(here, before), after: resolve(here, after) };
  }
  if (command !== undefined) throw new Error(`There is no command ${command}. All of them: npm run bench -- --help`);
  const rounds = values.rounds === undefined ? DEFAULT_ROUNDS : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds has to be a whole number from 1, but is ${values.rounds}`);
  return {
    command: 'run',
    ids: (values.bench ?? '').split(',').filter((id) => id !== ''),
    scenario: values.scenario ?? '',
    rounds,
    folder: values.results === undefined ? join(root, 'tools/bench/results') : resolve(here, values.results),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        bench: { type: 'string' },
        scenario: { type: 'string' },
        rounds: { type: 'string' },
        results: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}. All options: npm run bench -- --help`, { cause: error });
  }
}
