import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { json, ScriptedCluster, statusObject, waitFor } from '../fixture/scripted-cluster.js';
import { Transport } from './transport.js';

describe('Transport', () => {
  let cluster: ScriptedCluster;
  let transport: Transport;
  beforeEach(async () => {
    cluster = await new ScriptedCluster().start();
    transport = new Transport(cluster.connection({ token: 'secret' }), { timeoutMs: 300 });
  });
  afterEach(async () => {
    await transport.close();
    await cluster.stop();
  });

  it('keeps its connections from call to call, and sends the token with each', async () => {
    cluster.reply = (response) => json(response, 200, { gitVersion: 'v1.36.3' });
    for (let call = 0; call < 20; call += 1) {
      await transport.call('GET', '/version');
    }
    // Two, since a call may begin before the one before has given its connection back.
    expect(cluster.connections).toBeLessThanOrEqual(2);
    expect(cluster.requests).toEqual(
      Array(20).fill({ method: 'GET', url: '/version', authorization: 'Bearer secret' }),
    );
  });

  it('lets go of a connection that nobody needs, though the server would keep it for longer', async () => {
    const brief = new Transport(cluster.connection(), { keepAliveMs: 200 });
    cluster.reply = (response) => json(response.setHeader('keep-alive', 'timeout=120'), 200, {});
    await brief.call('GET', '/version');
    expect(cluster.openConnections).toBe(1);
    await waitFor(() => cluster.openConnections === 0);
    await brief.close();
  });

  it('makes at most 32 connections for calls, which streams leave free', async () => {
    const patient = new Transport(cluster.connection());
    cluster.reply = (response, { url }) => (url === '/stream' ? response.flushHeaders() : json(response, 200, {}));
    const stop = new AbortController();
    let opened = 0;
    const streams = Array.from({ length: 40 }, async () => {
      const call = { signal: stop.signal, silenceMs: 0, onOpen: () => (opened += 1) };
      for await (const chunk of patient.stream('/stream', call)) {
        expect(chunk).toBeUndefined();
      }
    });
    await waitFor(() => opened === 40);
    await Promise.all(Array.from({ length: 200 }, () => patient.call('GET', '/version')));
    expect(cluster.connections).toBeLessThanOrEqual(40 + 32);
    stop.abort();
    await Promise.all(streams);
    await patient.close();
  });

  it.each([
    ['that never begins', (): void => undefined],
    ['that never ends', (response: { write(text: string): boolean }): void => void response.write('{"a":')],
  ])('ends a call whose answer is one %s', async (_name, reply) => {
    cluster.reply = reply;
    await expect(transport.call('GET', '/version')).rejects.toMatchObject({ kind: 'unreachable', reason: 'Timeout' });
  });

  it('ends a call whose answer drips', async () => {
    cluster.reply = (response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    };
    await expect(transport.call('GET', '/version')).rejects.toMatchObject({ kind: 'unreachable', reason: 'Timeout' });
  });

  it('reports a connection that breaks in the middle of an answer, and the next call connects anew', async () => {
    cluster.reply = (response) => {
      response.write('{"a":');
      setImmediate(() => cluster.drop());
    };
    await expect(transport.call('GET', '/version')).rejects.toMatchObject({ kind: 'unreachable', retriable: true });
    cluster.reply = (response) => json(response, 200, {});
    await expect(transport.call('GET', '/version')).resolves.toEqual({});
  });

  it('S11 never follows a redirect', async () => {
    cluster.reply = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
    await expect(transport.call('GET', '/version')).rejects.toMatchObject({ kind: 'invalid', status: 307 });
    expect(cluster.requests).toHaveLength(1);
  });

  it('refuses an answer without end before it fills memory', async () => {
    const generous = new Transport(cluster.connection(), { timeoutMs: 10_000 });
    cluster.reply = (response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(1024 * 1024, ' ')));
      };
      response.on('drain', more);
      more();
    };
    await expect(generous.call('GET', '/version')).rejects.toMatchObject({ kind: 'unavailable', reason: 'TooLarge' });
    await generous.close();
  });

  it('reports an answer that is no JSON', async () => {
    cluster.reply = (response) => response.end('<html>');
    await expect(transport.call('GET', '/version')).rejects.toMatchObject({ kind: 'unavailable', reason: 'BadAnswer' });
  });

  it('reports the Status object of an error', async () => {
    cluster.reply = (response) => json(response, 409, statusObject(409, 'AlreadyExists', 'leases "a" already exists'));
    await expect(transport.call('POST', '/a', { body: {} })).rejects.toMatchObject({
      kind: 'conflict',
      reason: 'AlreadyExists',
      message: 'leases "a" already exists',
    });
  });

  it('says that nobody listens', async () => {
    const port = cluster.port;
    await cluster.stop();
    await expect(transport.call('GET', '/version')).rejects.toMatchObject({
      kind: 'unreachable',
      reason: 'ECONNREFUSED',
      message: `cannot connect to http://127.0.0.1:${port} (ECONNREFUSED)`,
    });
    await cluster.start();
  });

  it.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]'])(
    'S11 lets a connection that no operator chose get nowhere near %s',
    async (host) => {
      const server = `http://${host}:${cluster.port}`;
      const guarded = new Transport({ context: 'theirs', server, token: 'secret' });
      await expect(guarded.call('GET', '/version')).rejects.toMatchObject({
        kind: 'unreachable',
        reason: 'AddressRefused',
      });
      expect(cluster.connections).toBe(0);
      await guarded.close();
    },
  );

  it('lets such a connection reach loopback where the configuration says so', async () => {
    cluster.reply = (response) => json(response, 200, {});
    for (const host of ['127.0.0.1', 'localhost']) {
      const connection = { context: 'theirs', server: `http://${host}:${cluster.port}/prefix` };
      const allowed = new Transport(connection, { addresses: ['loopback'] });
      await expect(allowed.call('GET', '/version')).resolves.toEqual({});
      expect(cluster.requests.at(-1)?.url).toBe('/prefix/version');
      await allowed.close();
    }
  });

  it('reads the token file again when a minute has passed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-cluster-'));
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'first\n');
    const rotating = new Transport(cluster.connection({ tokenFile }));
    cluster.reply = (response) => json(response, 200, {});
    await rotating.call('GET', '/version');
    await writeFile(tokenFile, 'second\n');
    await rotating.call('GET', '/version');
    const now = performance.now();
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now + 61_000);
    await rotating.call('GET', '/version');
    clock.mockRestore();
    expect(cluster.requests.map(({ authorization }) => authorization)).toEqual([
      'Bearer first',
      'Bearer first',
      'Bearer second',
    ]);
    await rotating.close();
    await rm(folder, { recursive: true });
  });

  describe('stream', () => {
    async function collect(signal: AbortSignal, silenceMs = 0): Promise<string> {
      let text = '';
      for await (const chunk of transport.stream('/stream', { signal, silenceMs, headersMs: 0 })) {
        text += chunk.toString();
      }
      return text;
    }

    it('ends without an error when the caller aborts, before and after the answer began', async () => {
      for (const reply of [
        (): void => undefined,
        (response: { write(text: string): boolean }) => void response.write('a'),
      ]) {
        cluster.reply = reply;
        const stop = new AbortController();
        const seen = cluster.requests.length;
        const collected = collect(stop.signal);
        await waitFor(() => cluster.requests.length > seen);
        stop.abort();
        expect(['', 'a']).toContain(await collected);
      }
    });

    it('outlives the time-out of a call, and throws when the connection breaks', async () => {
      cluster.reply = (response) => {
        setTimeout(() => response.write('late'), 400);
        setTimeout(() => cluster.drop(), 450);
      };
      await expect(collect(new AbortController().signal)).rejects.toMatchObject({ kind: 'unreachable' });
    });

    it('throws when the other end falls silent', async () => {
      cluster.reply = (response) => void response.write('a');
      await expect(collect(new AbortController().signal, 100)).rejects.toMatchObject({ reason: 'Timeout' });
    });
  });
});
