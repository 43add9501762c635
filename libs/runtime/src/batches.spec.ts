import { describe, expect, it } from 'vitest';

import { Batches } from './batches.js';

/** Batches that end when they are told to. */
function held(largest = 10) {
  const started: (readonly number[])[] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const batches = new Batches<number, string>((items) => {
    started.push(items);
    return new Promise((resolve, reject) => {
      ends.push((failure) => (failure ? reject(failure) : resolve(items.map(String))));
    });
  }, largest);
  return { batches, started, end: (failure?: Error) => ends.shift()?.(failure) };
}

describe('Batches', () => {
  it('starts the first item alone and at once, and does together what comes meanwhile, in its order', async () => {
    const { batches, started, end } = held();
    const first = batches.add(1);
    const others = [batches.add(2), batches.add(3)];
    expect(started).toEqual([[1]]);
    end();
    expect(await first).toBe('1');
    expect(started).toEqual([[1], [2, 3]]);
    end();
    expect(await Promise.all(others)).toEqual(['2', '3']);
  });

  it('makes no batch larger than it may be', async () => {
    const { batches, started, end } = held(2);
    const all = [1, 2, 3, 4].map((item) => batches.add(item));
    for (const one of [0, 1, 3]) {
      end();
      await all[one];
    }
    expect(started).toEqual([[1], [2, 3], [4]]);
  });

  it('rejects each item of a batch that fails, and goes on with the next', async () => {
    const { batches, started, end } = held();
    const first = batches.add(1);
    const later = [batches.add(2), batches.add(3)];
    end();
    await first;
    const failed = Promise.allSettled(later);
    const next = batches.add(4);
    end(new Error('no'));
    expect(await failed).toMatchObject([{ reason: { message: 'no' } }, { reason: { message: 'no' } }]);
    end();
    expect(await next).toBe('4');
    expect(started).toEqual([[1], [2, 3], [4]]);
  });
});
