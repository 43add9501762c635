import { describe, expect, it } from 'vitest';

import { markOf, readMark } from './mark.js';

describe('readMark', () => {
  it('reads what markOf wrote, to the microsecond, wherever it stands', () => {
    const mark = markOf(42, 30_123_456.789);
    for (const text of [mark, `2026-03-01T10:00:00Z ${mark}`, `{"id":"7","data":{"app_name":"${mark}","revision":1}}`])
      expect(readMark(Buffer.from(text))).toEqual({ index: 42, planned: 30_123_456.789 });
  });

  it('writes a name that an App may have', () => {
    expect(markOf(123_456, 4_000_000_000.123)).toMatch(/^[a-z][a-z0-9-]{0,61}[a-z0-9]$/);
  });

  it.each(['', 'nothing', 'mark-', 'mark-7', 'mark-7 8'])('finds none in "%s"', (text) => {
    expect(readMark(Buffer.from(text))).toBeUndefined();
  });
});
