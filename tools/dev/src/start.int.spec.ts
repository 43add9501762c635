import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, isRunning } from '@slipway/testing/backends';
import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const tools = fileURLToPath(new URL('../', import.meta.url));
const START_TIMEOUT_MS = 90_000;

/** A start as a user makes it, from a folder that is not the repository's. */
class Instance {
  output = '';
  private readonly process: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(
    readonly dataDir: string,
    readonly port: number,
    more: string[] = [],
    env: NodeJS.ProcessEnv = {},
  ) {
    const args = [join(tools, 'start.mjs'), '--port', String(port), '--data-dir', dataDir, ...more];
    this.process = spawn(process.execPath, args, {
      cwd: tmpdir(),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.ended = once(this.process, 'exit').then(([code]) => code as number | null);
  }

  async ready(): Promise<this> {
    await waitFor(
      () => {
        if (this.process.exitCode !== null) throw new Error(this.output);
        return this.output.includes('Ctrl-C stops everything');
      },
      { timeoutMs: START_TIMEOUT_MS },
    );
    return this;
  }

  get mainPid(): number {
    return Number(readFileSync(join(this.dataDir, 'slipway.pid'), 'utf8'));
  }

  firstUser(): Record<string, string> {
    return JSON.parse(readFileSync(join(this.dataDir, 'first-user.json'), 'utf8')) as Record<string, string>;
  }

  killLauncher(): void {
    this.process.kill('SIGKILL');
  }

  ctrlC(): void {
    this.process.kill('SIGINT');
  }
}

/** Pids of everything whose command line names the folder: the main process, its apps, its broker, its database. */
function processesOf(folder: string): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => Number.parseInt(line, 10));
}

// One instance after the other in the order of a life: each start costs seconds.
describe('npm start', () => {
  let folder: string;
  let one: Instance;
  const instances: Instance[] = [];
  const start = (name: string, port: number, more: string[] = [], env: NodeJS.ProcessEnv = {}): Instance => {
    const instance = new Instance(join(folder, name), port, more, env);
    instances.push(instance);
    return instance;
  };
  const launch = (script: string, ...args: string[]): string =>
    spawnSync(process.execPath, [join(tools, script), ...args], { encoding: 'utf8' }).stdout;

  beforeAll(async () => {
    // Closed to all but its owner, as mkdtemp makes it.
    folder = mkdtempSync(join(tmpdir(), 'slipway-start-'));
    one = await start('one', await freePort()).ready();
  }, START_TIMEOUT_MS);
  afterAll(async () => {
    for (const instance of instances) {
      instance.ctrlC();
      await instance.ended;
      launch('stop.mjs', 'reset', '--yes', '--data-dir', instance.dataDir);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings everything up and tells how to go on', async () => {
    expect((await fetch(`http://localhost:${one.port}/readyz`)).status).toBe(200);
    const { url, email, username, password, apiKey } = one.firstUser();
    expect({ url, email, username }).toEqual({
      url: `http://localhost:${one.port}`,
      email: 'admin@slipway.local',
      username: 'admin',
    });
    expect(one.output).toContain(password);
    expect(one.output).toContain(`Authorization: Bearer ${apiKey}`);
    // Root's PostgreSQL runs as somebody who may not enter a closed folder, so its files are elsewhere.
    expect(/data in \/var\/lib\/slipway\//.test(one.output)).toBe(process.getuid?.() === 0);
    const profile = await fetch(`${url}/v1/user/profile`, { headers: { authorization: `Bearer ${apiKey}` } });
    expect(await profile.json()).toMatchObject({ email, username });
  });

  it('lets only its owner read passwords, keys and the log, which holds none of them', () => {
    for (const file of ['first-user.json', 'kubeconfig.yaml', 'secrets.json', 'slipway.log']) {
      expect(statSync(join(one.dataDir, file)).mode & 0o777, file).toBe(0o600);
    }
    const log = readFileSync(join(one.dataDir, 'slipway.log'), 'utf8');
    const { password = '', apiKey = '' } = one.firstUser();
    expect([password, apiKey].filter((secret) => log.includes(secret))).toEqual([]);
  });

  it('says so to a second start on the same data, which changes nothing', async () => {
    const again = start('one', await freePort());
    expect(await again.ended).toBe(1);
    expect(again.output).toMatch(/already runs on .+, as process \d+\. To end it:\n\n {2}npm run stop -- --data-dir/);
    expect((await fetch(`http://localhost:${one.port}/readyz`)).status).toBe(200);
  });

  it('names who holds its port, with the line that uses another, and starts nothing', async () => {
    const other = start('two', one.port);
    expect(await other.ended).toBe(1);
    expect(other.output).toMatch(
      new RegExp(`port ${one.port} is taken by process ${one.mainPid} .*\\n\\n {2}npm start -- --port \\d+ --data-dir`),
    );
    expect(readdirSync(join(folder, 'two'))).toEqual(['version']);
  });

  it('names every wrong variable of all services before it starts anything', async () => {
    const env = { REGISTRATION: 'x', LOGS_FORMAT: 'x', EMAIL_FROM: 'x' };
    const instance = start('two', await freePort(), [], env);
    expect(await instance.ended).toBe(1);
    for (const name of Object.keys(env)) expect(instance.output).toContain(name);
    expect(existsSync(join(folder, 'two', 'postgres'))).toBe(false);
  });

  it('names every part of the outside that does not answer', async () => {
    const port = await freePort();
    const instance = start('two', await freePort(), ['--kubeconfig', '/nonexistent/config'], {
      DATABASE_URL: `postgres://u:hush@127.0.0.1:${port}/db`,
      NATS_URL: `nats://127.0.0.1:${port}`,
    });
    expect(await instance.ended).toBe(1);
    expect(instance.output).toContain(`DATABASE_URL (127.0.0.1:${port}/db) cannot be used`);
    expect(instance.output).toContain(`NATS_URL (127.0.0.1:${port}) cannot be used`);
    expect(instance.output).toContain('--kubeconfig /nonexistent/config cannot be used');
    expect(instance.output).not.toContain('hush');
  });

  it(
    'starts again after kill -9 with the same user, as processes this time, beside another instance',
    async () => {
      const user = one.firstUser();
      process.kill(one.mainPid, 'SIGKILL');
      expect(await one.ended).toBe(1);
      const left = processesOf(one.dataDir);
      expect(left.length).toBeGreaterThan(0);

      const other = start('two', await freePort(), [], { LOG_LEVEL: 'debug' });
      one = start('one', await freePort(), ['--processes']);
      await Promise.all([one.ready(), other.ready()]);
      expect(left.filter(isRunning)).toEqual([]);
      expect(one.firstUser()).toEqual({ ...user, url: `http://localhost:${one.port}` });
      expect(other.firstUser().password).not.toBe(user.password);
      expect(readFileSync(join(other.dataDir, 'slipway.log'), 'utf8')).toContain('"level":"debug"');
      const profile = await fetch(`${one.firstUser().url}/v1/user/profile`, {
        headers: { authorization: `Bearer ${user.apiKey}` },
      });
      expect(await profile.json()).toMatchObject({ email: user.email });

      other.ctrlC();
      expect(await other.ended).toBe(0);
      expect(processesOf(other.dataDir)).toEqual([]);
    },
    2 * START_TIMEOUT_MS,
  );

  it(
    'starts again at the same port after kill -9 left its apps running',
    async () => {
      const apps = JSON.parse(readFileSync(join(one.dataDir, 'apps.json'), 'utf8')) as Record<string, number>;
      process.kill(one.mainPid, 'SIGKILL');
      await one.ended;
      expect(Object.values(apps).every(isRunning)).toBe(true);
      one = await start('one', one.port).ready();
      expect(Object.values(apps).filter(isRunning)).toEqual([]);
    },
    START_TIMEOUT_MS,
  );

  it(
    'ends when only its launcher is killed',
    async () => {
      one.killLauncher();
      await waitFor(() => processesOf(one.dataDir).length === 0, { timeoutMs: 20_000 });
      one = await start('one', await freePort()).ready();
    },
    2 * START_TIMEOUT_MS,
  );

  it('is ended by npm run stop, and its data by npm run reset', async () => {
    expect(launch('stop.mjs', 'stop', '--data-dir', one.dataDir)).toContain('is stopped');
    expect(await one.ended).toBe(0);
    expect(processesOf(one.dataDir)).toEqual([]);
    expect(existsSync(join(one.dataDir, 'first-user.json'))).toBe(true);

    writeFileSync(join(one.dataDir, 'version'), '99\n');
    const refused = start('one', one.port);
    expect(await refused.ended).toBe(1);
    expect(refused.output).toContain('holds data of version 99, and this Slipway reads version 1');

    expect(launch('stop.mjs', 'reset', '--yes', '--data-dir', one.dataDir)).toContain('is removed');
    expect(existsSync(one.dataDir)).toBe(false);
  });
});
