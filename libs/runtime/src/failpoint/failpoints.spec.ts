import { describe, expect, it } from 'vitest';

import { Failpoints } from './failpoints.js';
import { parseFailpoints } from './parse-failpoints.js';

function actingPasses(rules: string, passes: number, seed = 1): number[] {
  const failpoints = new Failpoints(parseFailpoints(rules), seed);
  return Array.from({ length: passes }, () => failpoints.pass('outbox.after-puback')).flatMap((hit) => hit?.pass ?? []);
}

describe('Failpoints', () => {
  it.each([
    ['outbox.after-puback=drop', [1, 2, 3, 4, 5, 6]],
    ['outbox.after-puback=drop@3', [3]],
    ['outbox.after-puback=drop@once', [1]],
    ['outbox.after-puback=drop@every:3', [3, 6]],
    ['outbox.after-puback=drop@p0', []],
    ['outbox.after-puback=drop@p1', [1, 2, 3, 4, 5, 6]],
    ['outbox.after-select=drop', []],
    ['outbox.after-puback=drop@2;outbox.after-puback=kill@5', [2, 5]],
  ])('acts by %s at the passes %j', (rules, passes) => {
    expect(actingPasses(rules, 6)).toEqual(passes);
  });

  it('takes about as many chances as the probability says, the same ones for the same seed', () => {
    const rule = 'outbox.after-puback=drop@p0.1';
    const hits = actingPasses(rule, 10_000, 7);
    expect(hits.length).toBeGreaterThan(900);
    expect(hits.length).toBeLessThan(1_100);
    expect(actingPasses(rule, 10_000, 7)).toEqual(hits);
    expect(actingPasses(rule, 10_000, 8)).not.toEqual(hits);
  });
});
