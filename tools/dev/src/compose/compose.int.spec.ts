import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { playMainJob } from '@slipway/e2e';
import { findNatsServer, startPostgres } from '@slipway/testing/backends';
import { waitFor } from '@slipway/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { composeVariables } from './compose-variables.js';
import { type ComposeService, readCompose } from './read-compose.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
// The story's webhook receiver is on this machine.
const variables: Record<string, string> = { ...Object.fromEntries(composeVariables()), OUTBOUND_ALLOW: 'loopback' };
const services = readCompose(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), variables).filter(
  ({ profiles }) => profiles.length === 0 || profiles.includes(variables.COMPOSE_PROFILES ?? ''),
);

// Every host name of the file is an address of its own, as every container has one, so that equal ports do not meet. The second and
// third byte are this run's, so that two runs do not meet either.
const network = `127.${1 + Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`;
const addressOf = new Map(services.map(({ name }, index) => [name, `${network}.${index + 1}`]));

/** A value as the container would see it: names are addresses, `0.0.0.0` is the container's own one, `/cluster` its volume. */
function localise(value: string, service: ComposeService, volumes: string): string {
  if (value === '0.0.0.0') return addressOf.get(service.name) ?? value;
  const whole = addressOf.get(value);
  if (whole) return whole;
  return value
    .replace(/(@|\/\/)([a-z-]+)(:\d+)/g, (text, before: string, name: string, port: string) => {
      const address = addressOf.get(name);
      return address ? `${before}${address}${port}` : text;
    })
    .replace(/^\/cluster/, join(volumes, 'cluster'));
}

describe('the services of docker-compose.yml, each with exactly its environment', () => {
  let folder: string;
  const running = new Map<string, { child: ChildProcess; output: string }>();
  const stops: (() => Promise<void>)[] = [];

  const launch = (service: ComposeService, command: readonly string[], env: Record<string, string>): ChildProcess => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const entry = { child, output: '' };
    running.set(service.name, entry);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (entry.output += chunk.toString()));
    return child;
  };
  const environmentOf = (service: ComposeService): Record<string, string> =>
    Object.fromEntries(
      Object.entries(service.environment).map(([name, value]) => [name, localise(value, service, folder)]),
    );
  const isOpen = (host: string, port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, host);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  const lastWords = (name: string): string => `${name}: ${running.get(name)?.output.split('\n').slice(-15).join('\n')}`;

  const start: Record<string, (service: ComposeService, address: string) => Promise<void>> = {
    async postgres(service, address) {
      const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } = service.environment;
      expect([POSTGRES_USER, POSTGRES_DB]).toEqual(['slipway', 'slipway']);
      const postgres = await startPostgres({
        dataDir: join(folder, 'postgres'),
        host: address,
        port: 5432,
      });
      stops.push(postgres.stop);
      const client = new Client({ connectionString: postgres.ownerUrl });
      await client.connect();
      await client.query(`alter role slipway password '${POSTGRES_PASSWORD}'`);
      await client.end();
    },
    async nats(service, address) {
      expect(service.volumes[0]).toBe('./deploy/nats.conf:/etc/nats/nats.conf:ro');
      const config = readFileSync(join(root, 'deploy/nats.conf'), 'utf8')
        .replace('"/data"', JSON.stringify(join(folder, 'nats')))
        .replace('"0.0.0.0"', JSON.stringify(address));
      writeFileSync(join(folder, 'nats.conf'), config);
      const command = service.command.map((part) =>
        part === '/etc/nats/nats.conf' ? join(folder, 'nats.conf') : part,
      );
      launch(service, [await findNatsServer(), ...command], { ...service.environment });
      await waitFor(() => isOpen(address, 4222));
    },
    async 'embedded-cluster'(service, address) {
      launch(service, nodeCommand(service), environmentOf(service));
      await waitFor(() => isOpen(address, 6443), { timeoutMs: 30_000 });
    },
    async migrate(service) {
      const [code] = (await once(launch(service, nodeCommand(service), environmentOf(service)), 'exit')) as [number];
      expect(code, lastWords(service.name)).toBe(0);
    },
    async provision(service) {
      const [code] = (await once(launch(service, nodeCommand(service), environmentOf(service)), 'exit')) as [number];
      expect(code, lastWords(service.name)).toBe(0);
    },
  };
  const startApp = async (service: ComposeService, address: string): Promise<void> => {
    const child = launch(service, nodeCommand(service), environmentOf(service));
    const seen = await waitFor(
      async () => {
        if (child.exitCode !== null) return 'ended';
        return (await fetch(`http://${address}:8081/readyz`)).ok && 'ready';
      },
      { timeoutMs: 60_000 },
    );
    expect(seen, lastWords(service.name)).toBe('ready');
  };
  // The image's `node`, and its production mode.
  const nodeCommand = ({ command }: ComposeService): string[] => {
    const [program, ...args] = command;
    expect(program).toBe('node');
    return ['env', 'NODE_ENV=production', process.execPath, ...args];
  };

  beforeAll(async () => {
    // The services run compiled.
    const compile = `import { compile } from ${JSON.stringify(`file://${root}tools/dev/launch/compile.mjs`)}; await compile(${JSON.stringify(root)});`;
    execFileSync(process.execPath, ['--input-type=module', '-e', compile], { stdio: 'inherit' });
    folder = mkdtempSync(join(tmpdir(), 'compose-'));
    chmodSync(folder, 0o711);
    mkdirSync(join(folder, 'cluster'));
    mkdirSync(join(folder, 'postgres'));
    for (const service of services.filter(({ command }) => !command[1]?.startsWith('apps/'))) {
      await start[service.name]?.(service, addressOf.get(service.name) ?? '');
    }
    const apps = services.filter(({ command }) => command[1]?.startsWith('apps/'));
    await Promise.all(apps.map((service) => startApp(service, addressOf.get(service.name) ?? '')));
  }, 180_000);

  afterAll(async () => {
    for (const { child } of [...running.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('are all ones that this test knows how to start', () => {
    const known = services.filter(({ name, command }) => start[name] ?? command[1]?.startsWith('apps/'));
    expect(known.map(({ name }) => name)).toEqual(services.map(({ name }) => name));
  });

  it('play the main job together', async () => {
    await playMainJob({ url: `http://${addressOf.get('gateway')}:3000` });
  }, 120_000);

  it('know the first user', async () => {
    const answer = await fetch(`http://${addressOf.get('gateway')}:3000/v1/user/profile`, {
      headers: { authorization: `Bearer ${variables.FIRST_USER_API_KEY}` },
    });
    expect(await answer.json()).toMatchObject({ email: variables.FIRST_USER_EMAIL });
  });
});
