import { describe, expect, it } from 'vitest';

import { SeenLines, type Verdict } from './seen-lines.js';

const at = (second: number, nanosecond = 0): string =>
  `2026-03-01T10:00:0${second}.${String(nanosecond).padStart(9, '0')}Z`;

describe('SeenLines', () => {
  /** Plays a connection, and returns which of its lines are published. */
  function receive(seen: SeenLines, times: string[]): Verdict[] {
    const judge = seen.connect();
    return times.map((time) => {
      const verdict = judge(time);
      if (verdict !== 'repeat') seen.record(time);
      return verdict;
    });
  }

  it('takes every line of the first connection', () => {
    expect(receive(new SeenLines(), [at(1), at(1), at(2)])).toEqual(['new', 'new', 'new']);
  });

  it('drops what a second connection sends again from the start of the second', () => {
    const seen = new SeenLines();
    receive(seen, [at(0), at(1, 1), at(1, 2)]);
    expect(seen.sinceTime).toBe(at(1, 2));
    expect(receive(seen, [at(1, 1), at(1, 2), at(1, 3), at(2)])).toEqual(['repeat', 'repeat', 'new', 'new']);
  });

  it('tells lines of one time apart by their number', () => {
    const seen = new SeenLines();
    receive(seen, [at(1), at(1)]);
    expect(receive(seen, [at(1), at(1), at(1)])).toEqual(['repeat', 'repeat', 'new']);
    expect(receive(seen, [at(1), at(1), at(1), at(1)])).toEqual(['repeat', 'repeat', 'repeat', 'new']);
  });

  it('numbers the lines of one time, also after a connection that sends them again', () => {
    const seen = new SeenLines();
    expect(seen.numberOf(at(1))).toBe(1);
    receive(seen, [at(1), at(1)]);
    expect(seen.numberOf(at(1))).toBe(3);
    receive(seen, [at(1), at(1)]);
    expect(seen.numberOf(at(1))).toBe(3);
    expect(seen.numberOf(at(2))).toBe(1);
  });

  it('takes a line that comes after a younger one, once', () => {
    const seen = new SeenLines();
    expect(receive(seen, [at(1, 5), at(1, 3)])).toEqual(['new', 'new']);
    expect(receive(seen, [at(1, 5), at(1, 3), at(1, 6)])).toEqual(['repeat', 'repeat', 'new']);
  });

  it('says once when the newest line is not sent again', () => {
    const seen = new SeenLines();
    receive(seen, [at(1)]);
    expect(receive(seen, [at(5), at(6)])).toEqual(['detached', 'new']);
  });

  it('judges the log of another run in between', () => {
    const seen = new SeenLines();
    receive(seen, [at(1)]);
    const judge = seen.connect();
    expect(judge(at(5))).toBe('detached');
    expect(receive(seen, [at(1), at(2)])).toEqual(['repeat', 'new']);
    seen.record(at(5));
    expect(judge(at(6))).toBe('new');
  });

  it('begins after the lines that there are', () => {
    const seen = new SeenLines();
    seen.beginAfter([at(1, 5), at(1, 6)]);
    expect(receive(seen, [at(1, 1), at(1, 5), at(1, 6), at(1, 7)])).toEqual(['repeat', 'repeat', 'repeat', 'new']);
    expect(receive(seen, [at(1, 1), at(1, 5), at(1, 6), at(1, 7)])).toEqual(['repeat', 'repeat', 'repeat', 'repeat']);
  });

  it('goes on where another one stopped', () => {
    const before = new SeenLines();
    receive(before, [at(1, 1), at(1, 2), at(1, 2)]);
    const after = new SeenLines();
    after.resume(before.position);
    expect(receive(after, [at(1, 1), at(1, 2), at(1, 2), at(1, 2), at(1, 3)])).toEqual([
      'repeat',
      'repeat',
      'repeat',
      'new',
      'new',
    ]);
  });

  it('begins with the first line when the other one had published none', () => {
    const after = new SeenLines();
    after.resume(new SeenLines().position);
    expect(after.sinceTime).toBeUndefined();
    expect(receive(after, [at(1)])).toEqual(['new']);
  });
});
