import { expect, it } from 'vitest';

import { aids } from '../defects/defects.js';
import { Random } from '../random.js';
import type { Rig } from '../rig/rig.js';
import { killersOf, poison } from './poison.js';

it('every killer is known to those that it kills, and counted by how many they are', () => {
  const context = {
    rig: {} as Rig,
    tenants: [],
    random: new Random(1),
    count: 400,
    loadMs: 2_000_000,
    targets: [],
  };
  const names = new Set(poison(context).map(({ text }) => text.replace(/^poison: /, '').replace(/, \d+ ms$/, '')));
  const killers = [...names].filter((name) => name.includes('kill'));
  expect(killers).toHaveLength(3);
  const put = aids['poison']?.[0]?.put ?? '';
  const source = /if \(\/(.+)\/\.test\(envelope\.correlationId\)\) process\.kill/.exec(put)?.[1] ?? '';
  expect([...names].filter((name) => new RegExp(source).test(name)).sort()).toEqual(killers.sort());
  expect(killers.map((name) => killersOf([`poison: ${name}, 160000 ms`])).sort()).toEqual([1, 1, 3]);
});
