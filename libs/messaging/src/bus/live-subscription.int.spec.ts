import { describe, expect, it } from 'vitest';

import { eventually, useServices } from '../fixture/services.js';

const { start } = useServices();

describe('live subjects', () => {
  it('bring what is emitted to who listens, by wildcard', async () => {
    const logs = await start('logs');
    const gateway = await start('gateway');
    const seen: unknown[] = [];
    const subscription = gateway.bus.subscribe('log.env.*.*.*', (message) => void seen.push(message));
    await gateway.broker.connection.flush();
    logs.bus.emit('log.env.app.pod.web', { line: 'one' });
    logs.bus.emit('log.other.app.pod.web', { line: 'two' });
    await eventually(() => expect(seen).toEqual([{ subject: 'log.env.app.pod.web', payload: { line: 'one' } }]));
    subscription.unsubscribe();
    await gateway.broker.connection.flush();
    logs.bus.emit('log.env.app.pod.web', { line: 'three' });
    await logs.broker.connection.flush();
    await gateway.broker.connection.flush();
    expect(seen).toHaveLength(1);
  });

  it('drop what a slow reader cannot take and tell how much', async () => {
    const logs = await start('logs');
    const gateway = await start('gateway');
    let next = (): void => undefined;
    const seen: unknown[] = [];
    let dropped = 0;
    gateway.bus.subscribe(
      'log.>',
      async ({ payload }) => {
        seen.push(payload);
        await new Promise<void>((resolve) => (next = resolve));
      },
      { maxPending: 2, onDropped: (count) => (dropped += count) },
    );
    await gateway.broker.connection.flush();
    for (let line = 1; line <= 10; line += 1) logs.bus.emit('log.e.a.p.c', { line });
    await logs.broker.connection.flush();
    await gateway.broker.connection.flush();
    await eventually(() => {
      next();
      expect(seen).toEqual([{ line: 1 }, { line: 2 }, { line: 3 }]);
    });
    await eventually(() => expect(dropped).toBe(7));
  });
});
