import { AsyncLocalStorage } from 'node:async_hooks';

import { describe, expect, it } from 'vitest';

import { Turns } from './turns.js';

describe('Turns', () => {
  const began: string[] = [];
  const held = (label: string) => {
    let end!: (error?: Error) => void;
    const ended = new Promise<string>((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve(label));
    });
    const work = () => {
      began.push(label);
      return ended;
    };
    return { work, end };
  };
  const aMoment = () => new Promise((resolve) => setTimeout(resolve));

  it('lets those of one name go one after another, in their order, and others beside them', async () => {
    began.length = 0;
    const turns = new Turns();
    const [first, second, third, other] = [held('first'), held('second'), held('third'), held('other')];
    const results = [first, second, third].map(({ work }) => turns.take('a', work));
    const beside = turns.take('b', other.work);
    await aMoment();
    expect(began).toEqual(['first', 'other']);
    first.end();
    await aMoment();
    expect(began).toEqual(['first', 'other', 'second']);
    for (const { end } of [second, third, other]) end();
    expect(await Promise.all([...results, beside])).toEqual(['first', 'second', 'third', 'other']);
  });

  it('goes on after one that failed, which alone is told so', async () => {
    const turns = new Turns();
    const [first, second] = [held('first'), held('second')];
    const results = [turns.take('a', first.work), turns.take('a', second.work)];
    first.end(new Error('of the first'));
    second.end();
    expect((await Promise.allSettled(results)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    await expect(results[0]).rejects.toThrow('of the first');
  });

  it('keeps nothing of those that have ended', async () => {
    const turns = new Turns();
    await Promise.all(['a', 'a', 'b'].map((name) => turns.take(name, () => Promise.resolve())));
    expect(Reflect.get(turns, 'last')).toEqual(new Map());
  });

  it('gives each the context that it was called in', async () => {
    const turns = new Turns();
    const context = new AsyncLocalStorage<string>();
    const seen = ['one', 'two'].map((value) =>
      context.run(value, () => turns.take('a', () => Promise.resolve(context.getStore()))),
    );
    expect(await Promise.all(seen)).toEqual(['one', 'two']);
  });
});
