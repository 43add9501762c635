import { describe, expect, it } from 'vitest';

import { toLogLine } from './log-line.js';

describe('toLogLine', () => {
  it('reads the level of a JSON line that is too long to be shown whole', () => {
    const text = JSON.stringify({ msg: 'x'.repeat(70 * 1024), level: 'error' });
    expect(toLogLine({ time: '2026-03-01T10:00:00Z', text }, 'shop-1', 'app')).toMatchObject({
      level: 'error',
      truncated: true,
    });
  });
});
