import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

import { checkCredential, listFeed, listLines } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { describe, expect } from 'vitest';

import { declaredRoutesOf } from '../../core/declared-routes.js';
import { API_KEY, APP_ID, checked } from '../../fixture/samples.js';
import { FEED, hold, it, LOGS } from '../../fixture/streams.js';
import type { TestGateway } from '../../fixture/test-gateway.js';
import { ContainerEngineModule } from './container-engine.module.js';

/** An upgrade that is under way. `cut` resolves when the gateway has seen that the client is gone. */
async function upgrading(gateway: TestGateway, path: string): Promise<{ readonly cut: () => Promise<void> }> {
  const upgrade = once(gateway.app.getHttpServer(), 'upgrade') as Promise<[IncomingMessage, Socket]>;
  const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  client.on('error', () => undefined);
  const head = [
    `GET ${path} HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${API_KEY}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  client.write(`${head.join('\r\n')}\r\n\r\n`);
  const [, socket] = await upgrade;
  return {
    cut: async () => {
      // Which its error comes before.
      const closed = new Promise((resolve) => socket.once('close', resolve));
      client.resetAndDestroy();
      await closed;
    },
  };
}

describe('streams', () => {
  it.for([
    ['/v1/ws/notifications', FEED, listFeed, { events: [], gap: false, newestId: null }],
    [`/v1/deployments/${APP_ID}/logs/stream`, LOGS, listLines, { lines: [] }],
  ] as const)(
    'leave nothing behind when their client goes while they are opened: %s',
    async ([path, subject, asked, answer], { core, gateway }) => {
      const { held, release } = hold();
      core.answers<object, object>(asked, async () => {
        await held;
        return answer;
      });
      const { cut } = await upgrading(gateway, path);
      await waitFor(() => core.listenersOf(subject) === 1);
      await cut();
      release();
      await waitFor(() => core.listenersOf(subject) === 0);
      expect(gateway.lines.join('')).not.toContain('a request failed');
    },
  );

  it('keep no room for clients that go before they are let in', async ({ core, gateway, open }) => {
    const { held, release } = hold();
    core.answers(checkCredential, async () => {
      await held;
      return checked();
    });
    const comers: { readonly cut: () => Promise<void> }[] = [];
    for (let count = 0; count < 50; count += 1) comers.push(await upgrading(gateway, '/v1/ws/notifications'));
    await Promise.all(comers.map(({ cut }) => cut()));
    release();
    await open('/v1/ws/notifications').opened;
  });

  it.for(declaredRoutesOf(ContainerEngineModule).filter(({ access }) => access?.includes('stream')))(
    'ask of the core what their route declares: $path',
    async ({ path, status, asks }, { core, open, listen }) => {
      const before = core.asked.length;
      const address = path.replace('{deploymentId}', APP_ID).replace('{pod}', 'shop-1');
      if (status === 101) await open(address).opened;
      else (await listen(`${address}?follow=true`)).stop();
      const asked = core.asked.slice(before).filter(({ call }) => call.actor !== undefined);
      expect([...new Set(asked.map(({ subject }) => subject))].sort()).toEqual([...asks].sort());
    },
  );

  it('tell their health and end', async ({ gateway, open }) => {
    const client = open('/v1/ws/health', { key: null });
    expect(await client.ended).toBe(1000);
    expect(client.messages).toEqual(['{"status":"healthy","message":"WebSocket service is healthy"}']);
    const answer = await fetch(`${gateway.url}/v1/ws/health`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toBe('WebSocket service is healthy');
  });

  it('tell that they are not healthy, and take no upgrade then', async ({ core, gateway, open }) => {
    core.connected = false;
    const unhealthy = '{"status":"unhealthy","service":"container-engine","version":"0.1.0"}';
    expect(await open('/v1/ws/health', { key: null }).ended).toBe(`503 ${unhealthy}`);
    const answer = await fetch(`${gateway.url}/v1/ws/health`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.text()).toBe(unhealthy);
  });
});
