import { describe, expect, it } from 'vitest';

import { Turns } from './turns.js';

describe('Turns', () => {
  it('runs work of one key in order, beside that of other keys, and goes on after a failure', async () => {
    const turns = new Turns();
    const done: string[] = [];
    let open: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (open = resolve));
    const first = turns.run('a', async () => {
      await held;
      done.push('a1');
      throw new Error('a1 failed');
    });
    const second = turns.run('a', async () => done.push('a2'));
    await turns.run('b', async () => done.push('b1'));
    expect(done).toEqual(['b1']);
    open();
    await expect(first).rejects.toThrow('a1 failed');
    await second;
    expect(done).toEqual(['b1', 'a1', 'a2']);
  });
});
