import { describe, expect, it } from 'vitest';

import { toGetMetrics, toMetrics } from './metrics.projection.js';

const query = (text: string) => toGetMetrics('a', new URLSearchParams(text));

describe('toGetMetrics', () => {
  it('asks for the newest sample alone unless a range is given', () => expect(query('')).toEqual({ app: { id: 'a' } }));

  it('takes a range, and forgives an offset that was not encoded', () => {
    expect(query('from=2026-03-01T10:00:00Z&to=2026-03-01T12:30:00+02:00')).toEqual({
      app: { id: 'a' },
      from: '2026-03-01T10:00:00Z',
      to: '2026-03-01T12:30:00+02:00',
    });
  });

  it.each([
    ['60', 60],
    ['30s', 30],
    ['5m', 300],
    ['1h', 3_600],
  ])('reads the resolution %s', (text, seconds) => expect(query(`resolution=${text}`).resolutionSeconds).toBe(seconds));

  it.each([
    ['from=yesterday', 'from: must be an RFC 3339 time'],
    ['to=', 'to: must be an RFC 3339 time'],
    ['resolution=', 'resolution: must be a duration such as 30s or 5m'],
    ['resolution=5d', 'resolution: must be a duration such as 30s or 5m'],
    ['resolution=-5', 'resolution: must be a duration such as 30s or 5m'],
    ['resolution=0', 'resolution: must be between 1 and 3600 seconds'],
    ['resolution=61m', 'resolution: must be between 1 and 3600 seconds'],
  ])('refuses %s', (text, details) => {
    expect(() => query(text)).toThrow(
      expect.objectContaining({ status: 400, message: 'Invalid query parameter', details }),
    );
  });
});

describe('toMetrics', () => {
  const point = { time: '2026-03-01T10:00:00.000Z', cpuMillicores: 12, memoryBytes: 1024 };

  it('is empty without data, also where a history was asked for', () => {
    expect(toMetrics({ sample: null, history: null })).toEqual({ metrics: {} });
    expect(toMetrics({ sample: null, history: [] })).toEqual({ metrics: {} });
  });

  it('has the history alone of a deployment that runs no more', () => {
    expect(toMetrics({ sample: null, history: [point] })).toEqual({
      metrics: { history: [{ timestamp: '2026-03-01T10:00:00Z', cpu_millicores: 12, memory_bytes: 1024 }] },
    });
  });
});
