import type { LogLine } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { mergeLines } from './merge-lines.js';

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
