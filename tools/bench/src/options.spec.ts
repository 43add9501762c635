import { describe, expect, it } from 'vitest';

import { readOptions } from './options.js';

const read = (...args: string[]) => readOptions(args, '/home/me', '/clone');

describe('readOptions', () => {
  it('measures everything in five rounds unless told otherwise', () => {
    expect(read()).toEqual({
      command: 'run',
      ids: [],
      scenario: '',
      rounds: 5,
      folder: '/clone/tools/bench/results',
    });
    expect(read('--bench', 'B6,B8', '--rounds', '2', '--results', 'out')).toMatchObject({
      ids: ['B6', 'B8'],
      rounds: 2,
      folder: '/home/me/out',
    });
  });

  it('compares two files, meant from where the user is', () => {
    expect(read('compare', 'a.json', '/b.json')).toEqual({
      command: 'compare',
      before: '/home/me/a.json',
      after: '/b.json',
    });
  });

  it.each([
    [['compare', 'a.json'], 'two files'],
    [['compare', 'a', 'b', 'c'], 'two files'],
    [['--rounds', '0'], '--rounds'],
    [['--rounds', 'many'], '--rounds'],
    [['measure'], 'no command measure'],
    [['--speed'], '--help'],
  ])('refuses %j', (args, reason) => {
    expect(() => read(...args)).toThrow(reason);
  });
});
