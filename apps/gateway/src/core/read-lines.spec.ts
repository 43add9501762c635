import { describe, expect, it } from 'vitest';

import { positionAt, ReadLines, toTimedLine } from './read-lines.js';

const line = (time: string, pod = 'shop-1', number?: number) =>
  toTimedLine({ time, pod, container: 'app', source: 'app', level: 'info', message: time, number });
const at = (second: number, fraction = '000000001') =>
  `2026-03-01T10:00:${String(second).padStart(2, '0')}.${fraction}Z`;
const NOW = Date.parse('2026-03-01T10:05:00Z');

describe('ReadLines', () => {
  it('knows a line by its time and its number', () => {
    const read = new ReadLines();
    expect(
      [line(at(1)), line(at(1), 'shop-1', 2), line(at(1)), line(at(1), 'shop-2')].map((one) => read.note(one)),
    ).toEqual([true, true, false, true]);
  });

  it('counts what is older than all that it remembers as read, also within one time', () => {
    const read = new ReadLines();
    for (let number = 1; number <= 300; number += 1) expect(read.note(line(at(1), 'shop-1', number))).toBe(true);
    for (let number = 1; number <= 300; number += 1) expect(read.note(line(at(1), 'shop-1', number))).toBe(false);
    expect(read.note(line(at(0)))).toBe(false);
    expect(read.note(line(at(1), 'shop-1', 301))).toBe(true);
  });

  it('has to read again from ten seconds before its newest line, or from a container that is heard and further behind', () => {
    const read = new ReadLines();
    expect(read.sinceTime(NOW)).toBeUndefined();
    read.note(line(at(1), 'quiet'));
    read.note(line(at(20), 'behind'), NOW - 59_000);
    read.note(line(at(50)), NOW);
    expect(read.sinceTime(NOW)).toBe(at(20));
    expect(read.sinceTime(NOW + 2_000)).toBe(at(40, '000000000'));
  });
});

describe('positionAt', () => {
  it('reads what position wrote', () => {
    const read = new ReadLines();
    expect(read.position(NOW)).toBe('');
    read.note(line(at(59, '9')), NOW);
    read.note(line('2026-03-01T10:01:00Z', 'shop-2'));
    read.note(line('2026-03-01T10:01:00Z', 'shop-2', 2));
    const position = positionAt(read.position(NOW));
    expect(position).toMatchObject({ since: at(50, '000000000'), floor: '' });
    const later = new ReadLines(position?.floors);
    for (const [time, pod, number, isNew] of [
      [at(59, '9'), 'shop-1', 1, false],
      [at(59, '900000001'), 'shop-1', 1, true],
      ['2026-03-01T10:01:00Z', 'shop-2', 2, false],
      ['2026-03-01T10:01:00Z', 'shop-2', 3, true],
      [at(55), 'shop-3', 1, true],
    ] as const)
      expect(later.note(line(time, pod, number))).toBe(isNew);
  });

  it('takes the time of a line for all containers', () => {
    const position = positionAt('2026-03-01t10:00:10z');
    expect(position?.since).toBe('2026-03-01T10:00:10Z');
    expect(line(at(10, '0'), 'any', 7).key <= (position?.floor ?? '')).toBe(true);
    expect(line(at(10, '1')).key <= (position?.floor ?? '')).toBe(false);
  });

  it.each([
    '',
    '7',
    'nonsense',
    `${at(1)};`,
    `${at(1)};abcdef`,
    `${at(1)};abcdef=x`,
    `${at(1)};abcdef=99:99*2`,
    `${at(1)};a=*z`,
  ])('knows nothing of "%s"', (text) => expect(positionAt(text)).toBeUndefined());
});
