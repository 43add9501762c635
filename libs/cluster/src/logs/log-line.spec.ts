import { describe, expect, it } from 'vitest';

import { parseLogLine } from './log-line.js';

describe('parseLogLine', () => {
  it('splits the nanosecond timestamp from the text', () => {
    expect(parseLogLine('2026-03-01T10:00:00.123456789Z  two  spaces ')).toEqual({
      time: '2026-03-01T10:00:00.123456789Z',
      text: ' two  spaces ',
    });
    expect(parseLogLine('2026-03-01T10:00:00Z a\r')).toEqual({ time: '2026-03-01T10:00:00Z', text: 'a' });
  });

  it('keeps an empty line', () => {
    expect(parseLogLine('2026-03-01T10:00:00.1Z ')).toEqual({ time: '2026-03-01T10:00:00.1Z', text: '' });
    expect(parseLogLine('2026-03-01T10:00:00.1+02:00')).toEqual({ time: '2026-03-01T10:00:00.1+02:00', text: '' });
  });

  it('keeps a line that came without a timestamp whole', () => {
    expect(parseLogLine('failed to open log file: no such file')).toEqual({
      time: '',
      text: 'failed to open log file: no such file',
    });
  });
});
