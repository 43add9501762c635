import { createServer, type Server } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { portHolder, requireFreePort } from './port-holder.js';

describe('require a free port', () => {
  let server: Server | undefined;
  const listen = (host: string): Promise<number> =>
    new Promise((resolve) => {
      server = createServer().listen(0, host, () => {
        const address = server?.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  afterEach(() => server?.close());

  it.each(['127.0.0.1', '::'])(
    'names the process that holds it on %s, and the line that uses another',
    async (host) => {
      const port = await listen(host);
      const line = (other: number): string => `npm start -- --port ${other}`;
      await expect(requireFreePort(port, '127.0.0.1', line)).rejects.toThrow(
        new RegExp(
          `^port ${port} is taken by process ${process.pid} \\(.+\\)\\. To use another one:\\s+npm start -- --port (?!${port})\\d+`,
        ),
      );
    },
  );

  it('lets a free port pass', async () => {
    const port = await listen('127.0.0.1');
    await new Promise((closed) => server?.close(closed));
    await requireFreePort(port, '127.0.0.1', () => '');
    expect(portHolder(port)).toBeUndefined();
  });
});
