import { describe, expect, it } from 'vitest';

import { figure, type Limit, type Round } from '../benchmark.js';
import { judge } from './judge.js';

const ratio = (better: Limit['better'], gate?: number, goal?: number): Limit => ({
  name: 'rate',
  unit: '×',
  better,
  gate,
  goal,
  of: (round) => figure(round, 'slipway', 'perSecond') / figure(round, 'bare', 'perSecond'),
});
const round = (slipway: number, bare: number): Round => ({
  slipway: { perSecond: slipway },
  bare: { perSecond: bare },
});

describe('judge', () => {
  it('compares the sides of each round, and spreads what comes of it', () => {
    // The machine was half as fast in the second round: the ratio does not mind.
    const { min, median, max } = judge(ratio('higher', 0.4), [round(60, 100), round(25, 50), round(70, 100)]);
    expect({ min, median, max }).toEqual({ min: 0.5, median: 0.6, max: 0.7 });
  });

  it.each([
    ['higher', 0.8, 'goal'],
    ['higher', 0.75, 'goal'],
    ['higher', 0.6, 'gate'],
    ['higher', 0.4, 'missed'],
  ] as const)('where %s is better, %f is %s', (better, value, verdict) => {
    expect(judge(ratio(better, 0.5, 0.75), [round(value, 1)]).verdict).toBe(verdict);
  });

  it.each([
    [1.4, 'goal'],
    [1.8, 'gate'],
    [2.1, 'missed'],
  ] as const)('where lower is better, %f is %s', (value, verdict) => {
    expect(judge(ratio('lower', 2, 1.5), [round(value, 1)]).verdict).toBe(verdict);
  });

  it('tells a figure without gate and goal', () => {
    expect(judge(ratio('lower'), [round(9, 1)]).verdict).toBe('told');
    expect(judge(ratio('lower', undefined, 1.5), [round(9, 1)]).verdict).toBe('told');
    expect(judge(ratio('lower', undefined, 1.5), [round(1, 1)]).verdict).toBe('goal');
  });

  it('refuses a figure that a side does not have', () => {
    expect(() => judge(ratio('lower'), [{ slipway: { perSecond: 1 } }])).toThrow('bare was not measured for perSecond');
  });
});
