import { problem } from '@slipway/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { find } from '../fixture/operations.js';
import { call, eventually, useServices } from '../fixture/services.js';
import { Refusal } from '../refusal.js';

const { script, start, startBoth, abandon } = useServices();

describe('a query', () => {
  it('reaches its handler, and its answer the caller', async () => {
    const { gateway } = await startBoth();
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).resolves.toEqual({ text: 'Found Kim' });
  });

  it('is refused as its handler says', async () => {
    const { gateway } = await startBoth();
    script.find.mockRejectedValue(new Refusal(problem.notFound('app', 'There is none.')));
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'not_found' },
    });
  });

  it('is answered with an incident, whose cause is in the log alone, when its handler fails', async () => {
    const { catalog, gateway } = await startBoth();
    script.find.mockRejectedValue(new Error('relation "apps" does not exist'));
    const error = (await gateway.bus
      .query(find, { name: 'Kim' }, call())
      .catch((reason: unknown) => reason)) as Refusal;
    expect(error.problem.kind).toBe('internal');
    expect(JSON.stringify(error.problem)).not.toContain('relation');
    const lines = catalog.lines.filter(({ incident }) => incident === error.problem.incident);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('relation');
  });

  it('is unavailable at once when nobody answers', async () => {
    const gateway = await start('gateway');
    const before = performance.now();
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: {
        kind: 'unavailable',
        text: expect.stringContaining('catalog is not running') as string,
        retryAfterMs: expect.any(Number) as number,
      },
    });
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('is unavailable, code timeout, when no answer comes in time', async () => {
    const { catalog, gateway } = await startBoth();
    script.find.mockImplementation(() => new Promise(() => undefined));
    await expect(gateway.bus.query(find, { name: 'Kim' }, call({ timeoutMs: 100 }))).rejects.toMatchObject({
      problem: { kind: 'unavailable', code: 'timeout' },
    });
    abandon(catalog);
  });

  it.each([
    ['one part', 4_000_000],
    ['several parts', 10_000_000],
  ])('may have an answer of %s', async (_, length) => {
    const { gateway } = await startBoth();
    const text = Array.from({ length: length / 10 }, (_unused, n) => String(n).padStart(8, 'é')).join('');
    script.find.mockResolvedValue({ text });
    const answers = [1, 2, 3].map(() => gateway.bus.query(find, { name: 'Kim' }, call()));
    for (const answer of await Promise.all(answers)) expect(answer.text === text).toBe(true);
  });

  it('that is not waited for any more is answered no further', async () => {
    const { catalog, gateway } = await startBoth();
    script.find.mockImplementation(async () => {
      await delay(300);
      return { text: 'x'.repeat(10_000_000) };
    });
    const asked = gateway.bus.query(find, { name: 'Kim' }, call({ timeoutMs: 200 }));
    await expect(asked).rejects.toMatchObject({ problem: { code: 'timeout' } });
    await eventually(() =>
      expect(catalog.lines.filter(({ msg }) => msg === 'an answer could not be sent')).toHaveLength(1),
    );
  });

  it('whose answer is too large gets a problem that says what to do', async () => {
    const { gateway } = await startBoth();
    script.find.mockResolvedValue({ text: 'x'.repeat(68_000_000) });
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'too_large', text: expect.stringContaining('smaller page') as string },
    });
  });
});
