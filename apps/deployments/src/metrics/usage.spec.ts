import type { PodMetrics } from '@slipway/cluster';
import { describe, expect, it } from 'vitest';

import { millicoresOf, millisecondsOf, totalOf, usageByApp } from './usage.js';

const pod = (app: string | undefined, name: string, usages: [string, string][], timestamp = '2026-03-01T10:00:00Z') =>
  ({
    metadata: { name, labels: app === undefined ? {} : { 'app.kubernetes.io/instance': app } },
    timestamp,
    window: '15.009s',
    containers: usages.map(([cpu, memory], index) => ({ name: `c${index}`, usage: { cpu, memory } })),
  }) as unknown as PodMetrics;

describe('usageByApp', () => {
  it('adds up the containers of each pod, by App', () => {
    const usages = usageByApp([
      pod('a', 'a-1', [
        ['2410766n', '508Ki'],
        ['0', '248Ki'],
      ]),
      pod('a', 'a-2', [['1', '1Mi']], '2026-03-01T10:00:05Z'),
      pod('b', 'b-1', [['250m', '1k']]),
      pod(undefined, 'foreign', [['1', '1Gi']]),
    ]);
    expect([...usages.keys()]).toEqual(['a', 'b']);
    expect(usages.get('a')).toEqual({
      time: Date.parse('2026-03-01T10:00:05Z'),
      windowMs: 15_009,
      pods: [
        { name: 'a-1', nanocores: 2_410_766, bytes: 756 * 1024 },
        { name: 'a-2', nanocores: 1e9, bytes: 1024 * 1024 },
      ],
    });
    expect(totalOf(usages.get('b') ?? { time: 0, windowMs: 0, pods: [] })).toEqual({ nanocores: 25e7, bytes: 1000 });
  });
});

describe('millisecondsOf', () => {
  it.each([
    ['15.009s', 15_009],
    ['1m0.5s', 60_500],
    ['1h0m0s', 3_600_000],
    ['250ms', 250],
    ['', 0],
  ])('reads %s', (text, ms) => expect(millisecondsOf(text)).toBe(ms));
});

describe('millicoresOf', () => {
  it('rounds up, as kubectl does', () => expect([0, 1, 1e6, 2_410_766].map(millicoresOf)).toEqual([0, 1, 1, 3]));
});
