import type { LogLine } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { fitLines, mergeLines, numberLines } from './merge-lines.js';

const line = (pod: string, second: number, message = `${pod}${second}`): LogLine => ({
  time: `2026-03-01T10:00:0${second}.000000000Z`,
  pod,
  container: 'app',
  source: 'app',
  level: 'info',
  message,
});
const messages = (lines: LogLine[]) => lines.map(({ message }) => message);

describe('mergeLines', () => {
  it('orders the lines of all pods by time', () => {
    const merged = mergeLines(
      [
        [line('a', 1), line('a', 4)],
        [line('b', 2), line('b', 3)],
      ],
      10,
    );
    expect(messages(merged)).toEqual(['a1', 'b2', 'b3', 'a4']);
  });

  it('counts the tail after merging', () => {
    const merged = mergeLines(
      [
        [line('a', 1), line('a', 4)],
        [line('b', 2), line('b', 3)],
      ],
      2,
    );
    expect(messages(merged)).toEqual(['b3', 'a4']);
  });

  it('orders lines of the same time by pod, and keeps the order of a container', () => {
    const merged = mergeLines([[line('b', 1, 'second'), line('b', 1, 'third')], [line('a', 1, 'first')]], 10);
    expect(messages(merged)).toEqual(['first', 'second', 'third']);
  });

  it('is empty for a tail of none', () => expect(mergeLines([[line('a', 1)]], 0)).toEqual([]));
});

describe('fitLines', () => {
  const lines = [line('a', 1), line('a', 2, 'ä"'), line('a', 3)];
  const bytesOf = (some: LogLine[]) => some.reduce((sum, one) => sum + Buffer.byteLength(JSON.stringify(one)) + 1, 0);

  it('keeps the last ones that have room, as they are written', () => {
    expect(fitLines(lines, bytesOf(lines))).toEqual(lines);
    expect(fitLines(lines, bytesOf(lines) - 1)).toEqual(lines.slice(1));
    expect(fitLines(lines, bytesOf(lines.slice(1)) - 1)).toEqual(lines.slice(2));
    expect(fitLines(lines, 1)).toEqual([]);
  });
});

describe('numberLines', () => {
  it('numbers those of one time from the second on', () => {
    const numbers = numberLines([line('a', 1), line('a', 2), line('a', 1), line('a', 1)]).map(({ number }) => number);
    expect(numbers).toEqual([undefined, undefined, 2, 3]);
  });
});
