import { FAILPOINT_NAMES } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { Random } from '../random.js';
import { FailpointHunt, LED_TO } from './failpoints.js';

describe('the hunt for failpoints', () => {
  it('leads to every one there is', () => {
    expect(FAILPOINT_NAMES.filter((name) => !LED_TO.has(name))).toEqual([]);
  });

  it('tells which were not hit often enough', () => {
    const hunt = new FailpointHunt(['migrate.between', 'delivery.before-send'], 2, new Random(1));
    hunt.hit('migrate.between');
    hunt.hit('delivery.before-send');
    hunt.hit('delivery.before-send');
    expect(hunt.missing()).toEqual(['migrate.between was hit 1 times, and 2 were wanted']);
    expect(hunt.counts()).toEqual({ 'migrate.between': 1, 'delivery.before-send': 2 });
  });

  it('refuses a name that is none', () => {
    expect(() => new FailpointHunt(['nowhere'], 1, new Random(1))).toThrow('there is no failpoint nowhere');
  });
});
