import type { LogLine } from '@slipway/contracts';

export type Level = LogLine['level'];

const HEAD_LENGTH = 40;

const LEVELS: Readonly<Record<string, Level>> = {
  trace: 'trace',
  verbose: 'trace',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  alert: 'fatal',
  emergency: 'fatal',
  emerg: 'fatal',
};
// Longer words first; a word ends where no letter or digit follows, so that `information` is one and `errors` is none.
const LEVEL_WORD = new RegExp(
  `(?<![A-Za-z0-9])(${Object.keys(LEVELS)
    .sort((a, b) => b.length - a.length)
    .join('|')})(?![A-Za-z0-9])`,
  'i',
);
/** Numbers as pino and bunyan write them, each the lowest of its level. */
const NUMBERS: readonly (readonly [number, Level])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
  [10, 'trace'],
];

/** The level that a line states: a JSON line's `level` or `severity`, else a level word in its first 40 characters, else `info`. */
export function detectLevel(text: string): Level {
  return levelOfJson(text) ?? levelOfWord(text.slice(0, HEAD_LENGTH)) ?? 'info';
}

function levelOfJson(text: string): Level | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== 'object' || fields === null) return undefined;
    return levelOfField(Reflect.get(fields, 'level')) ?? levelOfField(Reflect.get(fields, 'severity'));
  } catch {
    // Text that only looks like JSON is text.
    return undefined;
  }
}

function levelOfField(value: unknown): Level | undefined {
  if (typeof value === 'string')
    return Object.hasOwn(LEVELS, value.toLowerCase()) ? LEVELS[value.toLowerCase()] : undefined;
  if (typeof value === 'number') return NUMBERS.find(([lowest]) => value >= lowest)?.[1];
  return undefined;
}

function levelOfWord(head: string): Level | undefined {
  const word = LEVEL_WORD.exec(head)?.[1];
  return word === undefined ? undefined : LEVELS[word.toLowerCase()];
}
