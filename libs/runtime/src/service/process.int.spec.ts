import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeAll, describe, expect, it } from 'vitest';

const projectDir = fileURLToPath(new URL('../../', import.meta.url));

describe('a service as a process', () => {
  const children: ChildProcess[] = [];

  // What runs here is the built library, as in a container: Node resolves `dist`, vitest resolves `src`.
  beforeAll(() => {
    const build = spawnSync('npx', ['tsc', '-b', projectDir], { cwd: projectDir, encoding: 'utf8' });
    expect(build.stdout + build.stderr).toBe('');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function run(env: Record<string, string>, ...nodeOptions: string[]) {
    const child = spawn(process.execPath, [...nodeOptions, 'fixtures/echo-service.mjs'], {
      cwd: projectDir,
      env: { PATH: process.env.PATH, ADMIN_PORT: '0', ...env },
    });
    children.push(child);
    let output = '';
    const listeners = new Set<() => void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        for (const listener of listeners) listener();
      });
    }
    return {
      child,
      exitCode: once(child, 'close').then(([code]: unknown[]) => code),
      output: () => output,
      saw: (text: string) =>
        new Promise<void>((resolve) => {
          const look = () => output.includes(text) && resolve();
          listeners.add(look);
          look();
        }),
    };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('stops in order and exits 0 on %s', async (signal) => {
    const { child, exitCode, output, saw } = run({});
    await saw('"ready"');
    child.kill(signal);
    expect(await exitCode).toBe(0);
    expect(output().indexOf('"stopping"')).toBeLessThan(output().indexOf('transport closes'));
    expect(output().indexOf('transport closes')).toBeLessThan(output().indexOf('"stopped"'));
  });

  it('exits 1 at once on a second signal', async () => {
    const { child, exitCode, saw } = run({ HANG: '1', SHUTDOWN_DEADLINE_MS: '600000' });
    await saw('"ready"');
    child.kill('SIGTERM');
    await saw('transport closes');
    child.kill('SIGTERM');
    expect(await exitCode).toBe(1);
  });

  it('exits 1 at the deadline of a stop that hangs', async () => {
    const { child, exitCode, output, saw } = run({ HANG: '1', SHUTDOWN_DEADLINE_MS: '200' });
    await saw('"ready"');
    child.kill('SIGTERM');
    expect(await exitCode).toBe(1);
    expect(output()).toContain('echo did not stop within 200 ms');
  });

  it('tells a wrong environment in plain lines and exits 1', async () => {
    const { exitCode, output } = run({ ADMIN_PORT: 'x', LOG_LEVEL: 'loud' });
    expect(await exitCode).toBe(1);
    expect(output()).toMatch(
      /^echo cannot start with this environment; 2 variables need attention:\n {2}LOG_LEVEL .*\n {2}ADMIN_PORT .*\n$/,
    );
  });

  it('says which admin port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { exitCode, output } = run({ ADMIN_PORT: String(port) });
    expect(await exitCode).toBe(1);
    expect(output()).toContain(`ADMIN_PORT ${port} on 127.0.0.1 is taken`);
    server.close();
  });

  it('loads no tracing unless an OTLP endpoint is given, and sends its spans before it ends when one is', async () => {
    const paths: string[] = [];
    const bodies: string[] = [];
    const collector = createServer((request, response) => {
      paths.push(request.url ?? '');
      let body = '';
      request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        bodies.push(body);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const telemetry = ['--import', '@slipway/runtime/telemetry'];

    const traced = run({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }, ...telemetry);
    await traced.saw('"ready"');
    traced.child.kill('SIGTERM');
    expect(await traced.exitCode).toBe(0);
    expect(paths).toContain('/v1/traces');
    expect(bodies.join('')).toContain('boot');

    paths.length = 0;
    const silent = run({}, ...telemetry);
    await silent.saw('"ready"');
    silent.child.kill('SIGTERM');
    expect(await silent.exitCode).toBe(0);
    expect(paths).toEqual([]);
    collector.close();
  });
});
