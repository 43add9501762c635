import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { NotificationsConfig } from '../notifications.config.js';
import { OutboundAgents } from './outbound-agents.js';

describe('OutboundAgents', () => {
  const agents = new OutboundAgents(Object.assign(new NotificationsConfig(), { outboundAllow: [] }));
  const server = createServer((_, response) => response.end());
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    await agents.onApplicationShutdown();
    server.close();
  });

  const reach = async (owner: 'user' | 'operator', host: string): Promise<unknown> => {
    const { port } = server.address() as AddressInfo;
    return request(`http://${host}:${port}/`, { dispatcher: agents.dispatcher(owner) }).then(
      ({ statusCode }) => statusCode,
      ({ code }: NodeJS.ErrnoException) => code,
    );
  };

  it('reach loopback for WEBHOOK_URL, which is the operator’s own, and for nobody else', async () => {
    expect(await reach('operator', '127.0.0.1')).toBe(200);
    expect(await reach('user', '127.0.0.1')).toBe('ERR_ADDRESS_REFUSED');
  });

  it.each([
    '169.254.169.254',
    '100.100.100.200',
    '[fe80::1]',
    '0.0.0.0',
    '224.0.0.1',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
  ])('S11 reach %s for nobody', async (host) => {
    expect(await reach('operator', host)).toBe('ERR_ADDRESS_REFUSED');
    expect(await reach('user', host)).toBe('ERR_ADDRESS_REFUSED');
  });
});
