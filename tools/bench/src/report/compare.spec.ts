import { describe, expect, it } from 'vitest';

import { compare } from './compare.js';
import type { Judged } from './judge.js';
import type { Results } from './results.js';

const judged = (median: number, more: Partial<Judged> = {}): Judged => ({
  name: 'rate',
  unit: '×',
  better: 'higher',
  min: median,
  median,
  max: median,
  verdict: 'told',
  ...more,
});
const results = (...figures: Judged[]): Results =>
  ({
    benchmarks: [{ id: 'B7', title: 't', scenarios: [{ name: '1,000 sockets', rounds: [], judged: figures }] }],
  }) as unknown as Results;

describe('compare', () => {
  it.each([
    ['higher', 0.5, 0.46, false],
    ['higher', 0.5, 0.44, true],
    ['higher', 0.5, 0.9, false],
    ['lower', 1.5, 1.6, false],
    ['lower', 1.5, 1.7, true],
    ['lower', 1.5, 0.9, false],
  ] as const)('of a ratio where %s is better: from %f to %f is worse: %s', (better, before, after, worse) => {
    const { differences } = compare(results(judged(before, { better })), results(judged(after, { better })));
    expect(differences).toEqual([
      { benchmark: 'B7', scenario: '1,000 sockets', figure: 'rate', unit: '×', before, after, worse },
    ]);
  });

  it('tells other figures, and calls none of them worse', () => {
    const slower = (median: number) => results(judged(median, { unit: 'ms', better: 'lower' }));
    expect(compare(slower(1), slower(9)).differences[0]).toMatchObject({ before: 1, after: 9, worse: false });
  });

  it('names what the later run did not measure, and passes over what it measured beside', () => {
    const before = results(judged(1), judged(2, { name: 'CPU' }));
    const after = results(judged(1), judged(3, { name: 'memory' }));
    expect(compare(before, after).missing).toEqual(['B7, 1,000 sockets: CPU']);
    expect(compare(before, after).differences).toHaveLength(1);
  });
});
