import { problem } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { find, greet, poke, type Greeting } from '../fixture/operations.js';
import { call, eventually, useServices } from '../fixture/services.js';
import { Refusal, Transient } from '../refusal.js';
import { Stream } from '../subjects.js';
import { markReplayed } from '../wire/reply.js';

const { script, start, startBoth, letters, commandsLeft, store, takeAndDie, shortenAckWait, manager } = useServices();

describe('a command', () => {
  it('reaches its handler, and its answer the caller', async () => {
    const { gateway } = await startBoth();
    const answer = await gateway.bus.execute(
      greet,
      { name: 'Kim' },
      { ...call(), causationId: 'cause', dialect: 'tsuru' },
    );
    expect(answer).toEqual({ output: { text: 'Hello Kim' }, replayed: false });
    await expect(gateway.bus.execute(poke, { name: 'Kim' }, call())).resolves.toEqual({
      output: undefined,
      replayed: false,
    });
    expect(script.greet.mock.calls[0]?.[1]).toMatchObject({ causationId: 'cause', dialect: 'tsuru' });
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('is refused as its handler says, once', async () => {
    const { catalog, gateway } = await startBoth();
    script.greet.mockRejectedValue(new Refusal(problem.conflict('app', 'No.', { code: 'stopped' })));
    const refused = gateway.bus.execute(greet, { name: 'Kim' }, call());
    await expect(refused).rejects.toBeInstanceOf(Refusal);
    await expect(refused).rejects.toMatchObject({ problem: { kind: 'conflict', code: 'stopped', text: 'No.' } });
    expect(script.greet).toHaveBeenCalledTimes(1);
    expect(await catalog.metrics.metrics()).toContain(
      `slipway_messages_total{subject="${greet.subject}",outcome="refused",service="catalog"} 1`,
    );
  });

  it('is refused with issues when its input breaks a rule', async () => {
    const { gateway } = await startBoth();
    await expect(gateway.bus.execute(greet, { name: '' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', issues: [{ path: 'name', rule: 'length', kind: 'value' }] },
    });
    expect(script.greet).not.toHaveBeenCalled();
  });

  it('is refused at once when as many as a service has at work wait for their answers', async () => {
    const { gateway } = await startBoth();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    script.greet.mockImplementation(async ({ name }) => {
      await released;
      return { text: `Hello ${name}` };
    });
    const greetings = Array.from({ length: 64 }, () => gateway.bus.execute(greet, { name: 'Kim' }, call()));
    await eventually(() => expect(script.greet).toHaveBeenCalledTimes(64));
    const since = performance.now();
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: {
        kind: 'unavailable',
        retryAfterMs: 1_000,
        text: expect.stringContaining('nothing was done') as string,
      },
    });
    expect(performance.now() - since).toBeLessThan(500);
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).resolves.toEqual({ text: 'Found Kim' });
    release();
    expect(await Promise.all(greetings)).toHaveLength(64);
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).resolves.toMatchObject({ replayed: false });
    expect(script.greet).toHaveBeenCalledTimes(65);
  });

  it('makes room for the next when nobody answered it', async () => {
    const gateway = await start('gateway');
    const short = call({ timeoutMs: 50 });
    for (let round = 0; round < 2; round += 1) {
      const ignored = Array.from({ length: 64 }, () => gateway.bus.execute(greet, { name: 'Kim' }, short));
      for (const one of await Promise.allSettled(ignored)) {
        expect(one).toMatchObject({ reason: { problem: { code: 'timeout' } } });
      }
    }
  });

  it('is tried again when the fault is transient', async () => {
    const { gateway } = await startBoth();
    script.greet.mockRejectedValueOnce(new Transient('the row is locked'));
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).resolves.toMatchObject({ replayed: false });
    const [first, second] = script.greet.mock.calls.map(([, envelope]) => envelope);
    expect(second).toEqual(first);
  });

  it('comes again, and is answered as replayed, when its process dies between commit and ack', async () => {
    const { catalog: dying, gateway } = await startBoth();
    await shortenAckWait(1_000);
    // The inbox of a service: what took effect, by operation id.
    const inbox = new Map<string, Greeting>();
    script.greet.mockImplementation(async (input, envelope) => {
      const recorded = inbox.get(envelope.operationId);
      if (recorded) {
        markReplayed(envelope);
        return recorded;
      }
      inbox.set(envelope.operationId, { text: `Hello ${input.name}` });
      await dying.broker.connection.close();
      return { text: `Hello ${input.name}` };
    });
    const answer = gateway.bus.execute(greet, { name: 'Kim' }, call({ operationId: 'key' }));
    await eventually(() => expect(inbox.size).toBe(1));
    await start('catalog', { unready: true });
    await expect(answer).resolves.toEqual({ output: { text: 'Hello Kim' }, replayed: true });
    expect(script.greet).toHaveBeenCalledTimes(2);
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('is not even sent when no time is left for it', async () => {
    const gateway = await start('gateway');
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call({ timeoutMs: 0 }))).rejects.toMatchObject({
      problem: { kind: 'unavailable', code: 'timeout', text: expect.stringContaining('nothing was done') as string },
    });
    expect(await commandsLeft()).toBe(0);
  });

  it('is dropped when its deadline has passed before it starts', async () => {
    const gateway = await start('gateway');
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call({ timeoutMs: 100 }))).rejects.toMatchObject({
      problem: { kind: 'unavailable', code: 'timeout' },
    });
    expect(await commandsLeft()).toBe(1);
    const catalog = await start('catalog');
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(script.greet).not.toHaveBeenCalled();
    expect(await catalog.metrics.metrics()).toContain(`outcome="expired"`);
    expect(await letters()).toEqual([]);
  });

  it('is dropped when its deadline has passed, however often it was delivered', async () => {
    const deadline = Date.now() + 1_000;
    await store(greet.subject, '{"name":"Kim"}', { deadline, replyTo: '_INBOX_gateway.x' });
    await shortenAckWait(200);
    for (let death = 1; death <= 5; death += 1) await takeAndDie();
    await eventually(() => expect(Date.now()).toBeGreaterThan(deadline));
    await start('catalog', { unready: true });
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(script.greet).not.toHaveBeenCalled();
    expect(await letters()).toEqual([]);
  });

  it('is given up when a fault does not pass in time: its caller is told to come again, and no operator anything', async () => {
    const { catalog, gateway } = await startBoth();
    script.poke.mockRejectedValue(new Transient('the database is away.'));
    await expect(gateway.bus.execute(poke, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'unavailable', text: 'the database is away. Try again in a moment.', retryAfterMs: 1000 },
    });
    expect(script.poke).toHaveBeenCalledTimes(5);
    await eventually(async () => expect(await commandsLeft()).toBe(0));
    expect(await letters()).toEqual([]);
    expect(await catalog.metrics.metrics()).toContain(
      `slipway_messages_total{subject="${poke.subject}",outcome="expired",service="catalog"} 1`,
    );
    expect(catalog.lines.map(({ msg }) => msg)).toContain('a command was given up, and its caller told to come again');
  });

  it('that is delivered again runs alone', async () => {
    await shortenAckWait(1_000);
    await store(greet.subject, '{"name":"again"}', {});
    await takeAndDie();
    let others = 0;
    let besideOthers: number | undefined;
    script.poke.mockImplementation(async () => {
      others += 1;
      await new Promise((resolve) => setTimeout(resolve, 200));
      others -= 1;
    });
    script.greet.mockImplementation((input) => {
      besideOthers = others;
      return Promise.resolve({ text: input.name });
    });
    await start('catalog', { unready: true });
    const gateway = await start('gateway');
    const busy = (async () => {
      while (besideOthers === undefined)
        await Promise.all([1, 2, 3].map(() => gateway.bus.execute(poke, { name: 'busy' }, call())));
    })();
    await busy;
    expect(besideOthers).toBe(0);
  });

  it('runs beside others, up to the limit', async () => {
    let now = 0;
    let most = 0;
    script.greet.mockImplementation(async (input) => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      now -= 1;
      return { text: input.name };
    });
    await start('catalog', { concurrency: 4 });
    const gateway = await start('gateway');
    await Promise.all(Array.from({ length: 30 }, () => gateway.bus.execute(greet, { name: 'Kim' }, call())));
    expect(most).toBe(4);
  });

  it('is not delivered again while its handler runs, however long', async () => {
    await shortenAckWait(600);
    await start('catalog', { unready: true });
    const gateway = await start('gateway');
    script.greet.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return { text: 'slow' };
    });
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).resolves.toMatchObject({
      output: { text: 'slow' },
    });
    expect(script.greet).toHaveBeenCalledTimes(1);
  });

  it('that runs is finished and answered when its service stops', async () => {
    const { catalog, gateway } = await startBoth();
    let finish = (): void => undefined;
    script.greet.mockImplementation(() => new Promise((resolve) => (finish = () => resolve({ text: 'done' }))));
    const answer = gateway.bus.execute(greet, { name: 'Kim' }, call());
    await eventually(() => expect(script.greet).toHaveBeenCalled());
    const closed = catalog.close();
    expect(await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 300, 'waits'))])).toBe('waits');
    finish();
    await expect(answer).resolves.toMatchObject({ output: { text: 'done' } });
    await closed;
    await eventually(async () => expect(await commandsLeft()).toBe(0));
  });

  it('whose answer is too large gets a problem that says so', async () => {
    const { gateway } = await startBoth();
    script.greet.mockResolvedValue({ text: 'x'.repeat(5_000_000) });
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'too_large', text: expect.stringContaining('The change is made.') as string },
    });
  });

  it('that is too large itself is refused and not sent', async () => {
    const gateway = await start('gateway');
    await expect(gateway.bus.execute(greet, { name: 'x'.repeat(5_000_000) }, call())).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'too_large' },
    });
    expect(await commandsLeft()).toBe(0);
  });

  it('holds its secrets sealed in the stream, in the dead letter and in the log', async () => {
    const gateway = await start('gateway');
    script.greet.mockRejectedValue(new Error('cannot reach the registry'));
    const answer = gateway.bus.execute(greet, { name: 'Kim', registry: { url: 'r', password: 'canary-7' } }, call());
    await eventually(async () => expect(await commandsLeft()).toBe(1));
    const stored = await (await manager()).streams.getMessage(Stream.commands, { seq: 1 });
    expect(stored?.string()).toContain('sealed:v1:');
    const catalog = await start('catalog');
    await expect(answer).rejects.toMatchObject({ problem: { kind: 'internal' } });
    expect(script.greet.mock.calls[0]?.[0].registry?.password).toBe('canary-7');
    const [letter] = await letters();
    const seen = [stored?.string(), Buffer.from(letter?.body ?? []).toString(), JSON.stringify(catalog.lines)].join();
    expect(seen).not.toContain('canary-7');
  });
});
