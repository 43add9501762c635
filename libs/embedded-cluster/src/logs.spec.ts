import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { parseLogOptions, PodLogs } from './logs.js';

describe('pod logs', () => {
  let logs: PodLogs;
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00.123Z') });
    logs = new PodLogs();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('give lines of the same moment, and of a clock that goes back, different times in their order', () => {
    const first = logs.open('pod', 'web');
    first.write('a');
    first.write('b');
    vi.setSystemTime(Date.parse('2025-01-01T00:00:00Z'));
    const second = logs.open('pod', 'web');
    second.write('c');
    expect([...first.select({}), ...second.select({})].map(({ time }) => time)).toEqual([
      '2026-01-01T00:00:00.123000000Z',
      '2026-01-01T00:00:00.123000001Z',
      '2026-01-01T00:00:00.123000002Z',
    ]);
  });

  it('keep the run before, and only that', () => {
    for (const text of ['first', 'second', 'third']) {
      const log = logs.open('pod', 'web');
      log.write(text);
      log.end();
    }
    const texts = [false, true].map((previous) => logs.find('pod', 'web', previous)?.select({}).at(0)?.text);
    expect(texts).toEqual(['third', 'second']);
    expect(logs.find('pod', 'other', false)).toBeUndefined();
  });

  it('are bounded', () => {
    const log = logs.open('pod', 'web');
    for (let line = 0; line < 10_000; line += 1) log.write(String(line));
    const lines = log.select({});
    expect(lines.length).toBeLessThanOrEqual(4000);
    expect(lines.at(-1)?.text).toBe('9999');
  });

  it('tell followers every line and the end, once', () => {
    const log = logs.open('pod', 'web');
    const seen: string[] = [];
    log.follow(
      ({ text }) => seen.push(text),
      () => seen.push('<end>'),
    );
    const stop = log.follow(
      () => seen.push('stopped'),
      () => seen.push('stopped'),
    );
    stop();
    log.write('a');
    logs.drop('pod');
    log.write('late');
    log.follow(
      () => seen.push('never'),
      () => seen.push('<at once>'),
    );
    expect(seen).toEqual(['a', '<end>', '<at once>']);
  });
});

describe('log options', () => {
  it('are read from the query', () => {
    const options = parseLogOptions(new URLSearchParams('follow=true&tailLines=5&limitBytes=9&timestamps=1'), 'web');
    expect(options).toEqual({ follow: true, previous: false, timestamps: true, tailLines: 5, limitBytes: 9 });
    expect(parseLogOptions(new URLSearchParams('sinceTime=1970-01-01T00:00:01Z'), 'web').since).toBe(1000);
  });

  it.each([
    ['tailLines=x', 400],
    ['sinceTime=yesterday', 400],
    ['tailLines=-1', 422],
    ['limitBytes=0', 422],
    ['sinceSeconds=0', 422],
    ['sinceTime=1970-01-01T00:00:01Z&sinceSeconds=1', 422],
  ])('refuse %s', (query, code) => {
    expect(() => parseLogOptions(new URLSearchParams(query), 'web')).toThrow(expect.objectContaining({ code }));
  });
});
