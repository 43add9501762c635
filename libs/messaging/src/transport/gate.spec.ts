import { describe, expect, it } from 'vitest';

import { Gate } from './gate.js';

/** Work that ends when told. */
function work(log: string[], name: string) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = async (): Promise<void> => {
    log.push(`+${name}`);
    await ended;
    log.push(`-${name}`);
  };
  return { run, end };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the gate', () => {
  it('lets in as many as its limit, in order', async () => {
    const log: string[] = [];
    const gate = new Gate(2);
    const [a, b, c] = [work(log, 'a'), work(log, 'b'), work(log, 'c')];
    const all = [a, b, c].map(({ run }) => gate.run(false, run));
    await settle();
    expect(log).toEqual(['+a', '+b']);
    a.end();
    await settle();
    expect(log).toEqual(['+a', '+b', '-a', '+c']);
    b.end();
    c.end();
    await Promise.all(all);
  });

  it('runs what wants to be alone without a neighbour, before those who came after', async () => {
    const log: string[] = [];
    const gate = new Gate(8);
    const [a, alone, c] = [work(log, 'a'), work(log, 'alone'), work(log, 'c')];
    const all = [gate.run(false, a.run), gate.run(true, alone.run), gate.run(false, c.run)];
    await settle();
    expect(log).toEqual(['+a']);
    a.end();
    await settle();
    expect(log).toEqual(['+a', '-a', '+alone']);
    alone.end();
    await settle();
    expect(log.slice(3)).toEqual(['-alone', '+c']);
    c.end();
    await Promise.all(all);
  });

  it('goes on after work that failed', async () => {
    const gate = new Gate(1);
    await expect(gate.run(true, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.run(false, () => Promise.resolve(5))).resolves.toBe(5);
  });
});
