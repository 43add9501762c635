import { createServer } from 'node:net';

import type { Layout } from './layout.js';
import type { Ports } from './parts/part.js';

const NAMES = ['api', 'etcd', 'etcdPeer', 'kubelet', 'metrics', 'registry', 'protectedRegistry'] as const;

/** Free ports for the programs of a cluster: from its first one on, so that they are the same at each start unless somebody took one. */
export async function choosePorts({ firstPort }: Pick<Layout, 'firstPort'>): Promise<Ports> {
  const free: number[] = [];
  for (let port = firstPort; free.length < NAMES.length; port += 1) {
    if (await isFree(port)) free.push(port);
  }
  return Object.fromEntries(NAMES.map((name, index) => [name, free[index]])) as unknown as Ports;
}

/** On every address of this machine: the kubelet does not listen on a loopback one. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
