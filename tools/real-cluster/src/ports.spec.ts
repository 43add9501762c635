import { createServer } from 'node:net';
import { once } from 'node:events';

import { describe, expect, it } from 'vitest';

import { choosePorts } from './ports.js';

describe('choosePorts', () => {
  it('gives the same ports again, each of them once, and goes past one that is taken', async () => {
    const firstPort = 19_000;
    const ports = await choosePorts({ firstPort });
    expect(new Set(Object.values(ports)).size).toBe(7);
    expect(await choosePorts({ firstPort })).toEqual(ports);

    const server = createServer().listen(ports.kubelet, '127.0.0.1');
    await once(server, 'listening');
    const others = await choosePorts({ firstPort });
    server.close();
    expect(others).toMatchObject({ api: ports.api, etcdPeer: ports.etcdPeer, kubelet: ports.metrics });
    expect(others.metrics).toBe(ports.registry);
  });
});
