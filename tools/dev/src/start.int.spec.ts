import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort, isRunning } from '@slipway/testing/backends';
import { waitFor } from '@slipway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const tools = fileURLToPath(new URL('../', import.meta.url));
const READY_TIMEOUT_MS = 60_000;

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
      { timeoutMs: READY_TIMEOUT_MS },
    );
    return this;
  }

  get mainPid(): number {
    return Number(readFileSync(join(this.dataDir, 'slipway.pid'), 'utf8'));
  }

  firstUser(): Record<string, string> {
    return JSON.parse(readFileSync(join(this.dataDir, 'first-user.json'), 'utf8')) as Record<string, string>;
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

describe('npm start', () => {
  let folder: string;
  const instances: Instance[] = [];
  const start = async (name = 'data', more: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Instance> => {
    const instance = new Instance(join(folder, name), await freePort(), more, env);
    instances.push(instance);
    return instance;
  };

  beforeEach(() => {
    // Closed to all but its owner, as mkdtemp makes it.
    folder = mkdtempSync(join(tmpdir(), 'slipway-start-'));
  });
  afterEach(async () => {
    for (const instance of instances.splice(0)) {
      instance.ctrlC();
      await instance.ended;
      spawnSync(process.execPath, [join(tools, 'stop.mjs'), 'reset', '--yes', '--data-dir', instance.dataDir]);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings everything up, tells how to go on, and Ctrl-C ends all of it', async () => {
    const instance = await (await start()).ready();
    expect((await fetch(`http://localhost:${instance.port}/readyz`)).status).toBe(200);

    const { url, email, username, password, apiKey } = instance.firstUser();
    expect({ url, email, username }).toEqual({
      url: `http://localhost:${instance.port}`,
      email: 'admin@slipway.local',
      username: 'admin',
    });
    expect(instance.output).toContain(password);
    expect(instance.output).toContain(`Authorization: Bearer ${apiKey}`);
    for (const file of ['first-user.json', 'kubeconfig.yaml', 'secrets.json', 'slipway.log']) {
      expect(statSync(join(instance.dataDir, file)).mode & 0o777, file).toBe(0o600);
    }
    expect(readFileSync(join(instance.dataDir, 'slipway.log'), 'utf8')).not.toContain(password);

    expect(processesOf(instance.dataDir).length).toBeGreaterThanOrEqual(3);
    instance.ctrlC();
    expect(await instance.ended).toBe(0);
    expect(processesOf(instance.dataDir)).toEqual([]);
  });

  it('starts again after kill -9, with the same user', async () => {
    const first = await (await start()).ready();
    const user = first.firstUser();
    process.kill(first.mainPid, 'SIGKILL');
    expect(await first.ended).toBe(1);
    const left = processesOf(first.dataDir);
    expect(left.length).toBeGreaterThan(0);

    const second = await (await start()).ready();
    expect(second.firstUser()).toEqual({ ...user, url: `http://localhost:${second.port}` });
    expect(left.filter(isRunning)).toEqual([]);
  });

  it('runs beside a second instance, and says so to a second start on the same data', async () => {
    const [one, two] = await Promise.all([(await start('one')).ready(), (await start('two')).ready()]);
    expect(one.firstUser().password).not.toBe(two.firstUser().password);
    const again = new Instance(one.dataDir, await freePort());
    expect(await again.ended).toBe(1);
    expect(again.output).toMatch(/already runs on .+, as process \d+\. To end it:\n\n {2}npm run stop -- --data-dir/);
    expect((await fetch(`http://localhost:${one.port}/readyz`)).status).toBe(200);
  });

  it('names who holds its port, with the line that uses another, and starts nothing', async () => {
    const holder = await (await start('one')).ready();
    const other = new Instance(join(folder, 'two'), holder.port);
    expect(await other.ended).toBe(1);
    expect(other.output).toMatch(
      new RegExp(
        `port ${holder.port} is taken by process ${holder.mainPid} .*\\n\\n {2}npm start -- --port \\d+ --data-dir`,
      ),
    );
    expect(readdirSync(join(folder, 'two'))).toEqual(['version']);
  });

  it('names every part of the outside that does not answer', async () => {
    const port = await freePort();
    const instance = await start('data', ['--kubeconfig', '/nonexistent/config'], {
      DATABASE_URL: `postgres://u:hush@127.0.0.1:${port}/db`,
      NATS_URL: `nats://127.0.0.1:${port}`,
    });
    expect(await instance.ended).toBe(1);
    expect(instance.output).toContain(`DATABASE_URL (127.0.0.1:${port}/db) cannot be used`);
    expect(instance.output).toContain(`NATS_URL (127.0.0.1:${port}) cannot be used`);
    expect(instance.output).toContain('--kubeconfig /nonexistent/config cannot be used');
    expect(instance.output).not.toContain('hush');
  });

  it('refuses data of another version', async () => {
    const instance = await (await start()).ready();
    instance.ctrlC();
    await instance.ended;
    writeFileSync(join(instance.dataDir, 'version'), '99\n');
    const other = new Instance(instance.dataDir, instance.port);
    expect(await other.ended).toBe(1);
    expect(other.output).toContain('holds data of version 99, and this Slipway reads version 1');
    writeFileSync(join(instance.dataDir, 'version'), '1\n');
  });

  it('is ended by npm run stop, and its data by npm run reset', async () => {
    const instance = await (await start('data', ['--processes'])).ready();
    const run = (command: string) =>
      spawnSync(process.execPath, [join(tools, 'stop.mjs'), command, '--yes', '--data-dir', instance.dataDir], {
        encoding: 'utf8',
      }).stdout;
    expect(run('stop')).toContain('is stopped');
    expect(await instance.ended).toBe(0);
    expect(processesOf(instance.dataDir)).toEqual([]);
    expect(existsSync(join(instance.dataDir, 'first-user.json'))).toBe(true);
    expect(run('reset')).toContain('is removed');
    expect(existsSync(instance.dataDir)).toBe(false);
  });
});
