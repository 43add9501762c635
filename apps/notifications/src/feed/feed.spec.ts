import { describe, expect, it } from 'vitest';

import { hasGap, toFeedEvent, toNumber } from './feed.js';

describe('toNumber', () => {
  it.each([
    ['1', 1],
    ['4711', 4711],
    ['0', 0],
    ['00', undefined],
    ['01', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['12345678901234567890', undefined],
  ])('reads "%s" as %s', (id, number) => {
    expect(toNumber(id)).toBe(number);
  });
});

describe('hasGap', () => {
  it.each([
    ['the newest is known', 5, undefined, 5, false],
    ['the next is there', 4, 5, 5, false],
    ['the next has gone', 2, 4, 5, true],
    ['all have gone', 2, undefined, 5, true],
    ['the id is from the future', 9, undefined, 5, true],
    ['the feed is empty', 9, undefined, 0, true],
    ['the feed is empty and nothing is known', 0, undefined, 0, false],
    ['nothing is known, and the first is there', 0, 1, 5, false],
    ['nothing is known, and the first has gone', 0, 4, 5, true],
  ])('%s', (_, after, first, last, expected) => {
    expect(hasGap(after, first, last)).toBe(expected);
  });
});

describe('toFeedEvent', () => {
  it('names the entry before, none for the first', () => {
    const entry = { fact: 'f', appId: 'a', appName: 'shop', time: new Date(0), fields: { to: 'running' } };
    expect(toFeedEvent({ ...entry, id: '1' })).toMatchObject({ id: '1', previousId: null });
    expect(toFeedEvent({ ...entry, id: '10' })).toMatchObject({ id: '10', previousId: '9', fields: { to: 'running' } });
  });
});
