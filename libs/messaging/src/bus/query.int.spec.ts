import { problem } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { find } from '../fixture/operations.js';
import { call, useServices } from '../fixture/services.js';
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

  it('whose answer is too large gets a problem that says what to do', async () => {
    const { gateway } = await startBoth();
    script.find.mockResolvedValue({ text: 'x'.repeat(5_000_000) });
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'too_large', text: expect.stringContaining('smaller page') as string },
    });
  });
});
