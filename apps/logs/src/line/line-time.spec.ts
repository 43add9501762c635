import { describe, expect, it } from 'vitest';

import { toLineTime } from './line-time.js';

describe('toLineTime', () => {
  it.each([
    ['2026-03-01T10:00:00.000000001Z', '2026-03-01T10:00:00.000000001Z'],
    ['2026-03-01T10:00:00.5Z', '2026-03-01T10:00:00.500000000Z'],
    ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00.000000000Z'],
    ['2026-03-01T10:00:00.25+02:00', '2026-03-01T08:00:00.250000000Z'],
  ])('writes %s as %s', (text, time) => expect(toLineTime(text)).toBe(time));

  it.each(['', 'yesterday', '2026-13-01T10:00:00Z', '2026-03-01 10:00:00Z'])('knows no time in "%s"', (text) =>
    expect(toLineTime(text)).toBeUndefined(),
  );
});
