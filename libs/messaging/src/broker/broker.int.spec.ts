import { createServer, type AddressInfo } from 'node:net';

import { AuthorizationError } from '@nats-io/nats-core';
import { describe, expect, it } from 'vitest';

import { find, greet } from '../fixture/operations.js';
import { openBroker } from '../fixture/service.js';
import { call, eventually, useServices } from '../fixture/services.js';

const { script, startBoth, nats, urlOf } = useServices();

describe('the broker', () => {
  it('may restart: services carry on without doing so', async () => {
    const { catalog, gateway } = await startBoth();
    await gateway.bus.execute(greet, { name: 'Kim' }, call());
    await nats().restart();
    await eventually(() => expect([catalog.bus.connected, gateway.bus.connected]).toEqual([true, true]));
    await expect(gateway.bus.execute(greet, { name: 'Lee' }, call({ timeoutMs: 2_000 }))).resolves.toMatchObject({
      output: { text: 'Hello Lee' },
    });
    await expect(gateway.bus.query(find, { name: 'Lee' }, call())).resolves.toEqual({ text: 'Found Lee' });
    await eventually(async () => expect(await gateway.readiness.report()).toMatchObject({ ready: true }));
  });

  it('being lost ends what waits for an answer, long before its time is up', async () => {
    const { gateway } = await startBoth();
    let asked = 0;
    let release = (): void => undefined;
    const released = new Promise<{ text: string }>((resolve) => (release = () => resolve({ text: 'late' })));
    const silent = () => {
      asked += 1;
      return released;
    };
    script.greet.mockImplementation(silent);
    script.find.mockImplementation(silent);
    const lost = { problem: { kind: 'unavailable', text: expect.stringContaining('was lost') as string } };
    const command = expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).rejects.toMatchObject(lost);
    const query = expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject(lost);
    await eventually(async () => expect(asked).toBe(2));
    const began = performance.now();
    await nats().halt();
    await Promise.all([command, query]);
    expect(performance.now() - began).toBeLessThan(2_000);
    release();
    await nats().restart();
  });

  it('that did not hear the login in time is asked again, one that refuses it is not', async () => {
    const { hostname, port } = new URL(nats().url);
    const logins: string[] = [];
    const errors = ["'Authentication Timeout'", "'Authorization Violation'"];
    const impatient = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', (data) => {
          logins.push(data.toString());
          socket.end(`-ERR ${errors[0]}\r\n`);
        });
      socket.write(
        `INFO {"server_id":"a","version":"2.15.1","headers":true,"max_payload":4194304,"auth_required":true}\r\n`,
      );
    });
    await new Promise<void>((resolve) => impatient.listen(0, hostname, resolve));
    const own = (impatient.address() as AddressInfo).port;
    const url = urlOf('gateway');
    try {
      const connecting = openBroker(url.replace(`:${port}`, `:${own}`), 'gateway');
      connecting.catch(() => undefined);
      await eventually(() => expect(logins.length).toBeGreaterThan(1));
      errors.shift();
      await expect(connecting).rejects.toBeInstanceOf(AuthorizationError);
    } finally {
      impatient.close();
    }
  });

  it('being away is answered at once, and told by readiness', async () => {
    const { catalog, gateway } = await startBoth();
    await nats().halt();
    await eventually(() => expect([catalog.bus.connected, gateway.bus.connected]).toEqual([false, false]));
    const before = performance.now();
    const away = { problem: { kind: 'unavailable', retryAfterMs: expect.any(Number) as number } };
    await expect(gateway.bus.execute(greet, { name: 'Kim' }, call())).rejects.toMatchObject(away);
    await expect(gateway.bus.query(find, { name: 'Kim' }, call())).rejects.toMatchObject(away);
    expect(await catalog.readiness.report()).toMatchObject({
      ready: false,
      checks: {
        nats: 'no connection to the message broker of NATS_URL',
        streams: 'not known while the message broker is away',
      },
    });
    expect(performance.now() - before).toBeLessThan(100);
    await nats().restart();
    await eventually(() => expect(gateway.bus.connected).toBe(true));
  });
});
