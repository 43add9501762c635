import type { LogLine } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { TextLines, toGapNotice, toLogEntry, toLogsQuery, toLossNotice, toStreamQuery } from './logs.projection.js';

const line: LogLine = {
  time: '2026-03-01T10:00:00.123456789Z',
  pod: 'shop-1',
  container: 'app',
  source: 'app',
  level: 'info',
  message: 'ready',
};
const query = (text: string) => toLogsQuery('a', new URLSearchParams(text), 'json');

describe('toLogsQuery', () => {
  it('has the documented defaults', () => {
    expect(query('')).toEqual({ lines: { appId: 'a', tail: 100 }, follow: false, format: 'json' });
  });

  it('cuts a tail that is too long and takes the rest as it is', () => {
    const text = 'tail=99999&since=2026-03-01T10:00:00Z&pod=shop-1&container=app&previous=true&follow=true&format=text';
    expect(query(text)).toEqual({
      lines: {
        appId: 'a',
        tail: 10_000,
        since: '2026-03-01T10:00:00Z',
        pod: 'shop-1',
        container: 'app',
        previous: true,
      },
      follow: true,
      format: 'text',
    });
  });

  it.each(['10001', '9007199254740993', '9'.repeat(400)])('cuts a tail of %s', (tail) => {
    expect(query(`tail=${tail}`).lines.tail).toBe(10_000);
  });

  it('forgives an offset that was not encoded', () => {
    expect(query('since=2026-03-01T10:00:00+02:00').lines.since).toBe('2026-03-01T10:00:00+02:00');
  });

  it.each([
    ['tail=-1', 'tail: must be at least 0'],
    ['tail=all', 'tail: must be an integer'],
    ['since=yesterday', 'since: must be an RFC 3339 time'],
    ['follow=yes', 'follow: must be one of true, false'],
    ['format=xml', 'format: must be one of json, text'],
    ['pod=', 'pod: must have 1 to 253 characters'],
  ])('refuses %s', (text, details) => {
    expect(() => query(text)).toThrow(
      expect.objectContaining({ status: 400, message: 'Invalid query parameter', details }),
    );
  });
});

describe('toStreamQuery', () => {
  it('leaves out what a WebSocket does not know', () => {
    expect(toStreamQuery(new URLSearchParams('tail=1&follow=yes&previous=true&pod=a')).toString()).toBe('tail=1&pod=a');
  });
});

describe('toLogEntry', () => {
  it('has the documented fields, in order', () => {
    expect(JSON.stringify(toLogEntry(line))).toBe(
      '{"timestamp":"2026-03-01T10:00:00.123Z","level":"info","message":"ready","source":"app","pod":"shop-1","container":"app"}',
    );
  });

  it('tells that a line was cut', () => expect(toLogEntry({ ...line, truncated: true }).truncated).toBe(true));
});

describe('toLossNotice', () => {
  it('names the number of lines', () => {
    expect(toLossNotice(37, new Date('2026-03-01T10:00:00Z'))).toMatchObject({
      source: 'slipway',
      level: 'warn',
      message: '37 lines dropped',
      dropped: 37,
    });
  });
});

describe('toGapNotice', () => {
  const now = new Date('2026-03-01T10:00:09Z');
  const [from, to] = ['2026-03-01T10:00:00.5Z', '2026-03-01T10:00:07Z'];

  it('names its bounds and whose lines they are, and no number', () => {
    expect(toGapNotice({ from, to, pod: 'shop-1', container: 'app' }, now)).toEqual({
      timestamp: to,
      level: 'warn',
      message: `lines are missing between ${from} and ${to}`,
      source: 'slipway',
      pod: 'shop-1',
      container: 'app',
    });
  });

  it.each([
    [{ from }, `lines are missing after ${from}`],
    [{ to }, `lines are missing before ${to}`],
    [{}, 'lines are missing'],
  ])('names what is known of %j', (bounds, message) =>
    expect(toGapNotice({ ...bounds, pod: null, container: null }, now).message).toBe(message),
  );
});

describe('TextLines', () => {
  it('names the pod from the second pod on', () => {
    const text = new TextLines();
    const other = toLogEntry({ ...line, pod: 'shop-2' });
    expect(text.lineOf(toLogEntry(line))).toBe('2026-03-01T10:00:00.123Z ready');
    expect(text.lineOf(other)).toBe('[shop-2] 2026-03-01T10:00:00.123Z ready');
  });

  it('names it from the first line on where there are several', () => {
    const text = new TextLines(true);
    expect(text.lineOf(toLogEntry(line))).toBe('[shop-1] 2026-03-01T10:00:00.123Z ready');
    expect(text.lineOf(toLogEntry({ ...line, pod: null }))).toBe('2026-03-01T10:00:00.123Z ready');
  });
});
