// An instance of Slipway as `npm start` starts it, in production's ways (PostgreSQL with fsync, NATS with `sync_interval: always`), in a
// folder and at a port of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { HttpClient } from '@slipway/e2e';
import { waitFor } from '@slipway/testing';
import { databaseDir, freePort } from '@slipway/testing/backends';
import pg from 'pg';

import { onCores } from '../cores.js';
import { cpuSecondsOf, largestResidentBytesOf } from './process-tree.js';

const tools = fileURLToPath(new URL('../../../dev/', import.meta.url));
const READY_TIMEOUT_MS = 120_000;

export interface InstanceOptions {
  readonly cores: readonly number[] | undefined;
  /** Arguments of `npm start` beside port and folder. */
  readonly args?: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Instance {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
    readonly dataDir: string,
    /** With the first user's API key, who is an administrator. */
    readonly admin: HttpClient,
  ) {}

  static async start({ cores, args = [], env = {} }: InstanceOptions): Promise<Instance> {
    const dataDir = join(mkdtempSync(join(tmpdir(), 'slipway-bench-')), 'data');
    const port = String(await freePort());
    const launch = [process.execPath, join(tools, 'start.mjs'), '--port', port, '--data-dir', dataDir, ...args];
    const [command = '', ...rest] = onCores(cores, launch);
    const child = spawn(command, rest, {
      detached: true,
      // Its limit is for strangers; here one address registers all users.
      env: { ...process.env, PUBLIC_RATE_LIMIT_PER_MINUTE: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    try {
      await waitFor(() => child.exitCode !== null || output.includes('Ctrl-C stops everything'), {
        timeoutMs: READY_TIMEOUT_MS,
      });
      if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    } catch (error) {
      child.kill('SIGINT');
      throw new Error(`Slipway did not start: ${output}`, { cause: error });
    }
    const user = JSON.parse(readFileSync(join(dataDir, 'first-user.json'), 'utf8')) as { url: string; apiKey: string };
    return new Instance(child, user.url, dataDir, new HttpClient(user.url, user.apiKey));
  }

  /** Seconds of CPU used so far by services, database and broker together. */
  get cpuSeconds(): number {
    return cpuSecondsOf(this.process.pid ?? 0);
  }

  /** Memory of the process of all services. */
  get residentBytes(): number {
    return largestResidentBytesOf(this.process.pid ?? 0);
  }

  /** URL of the database's owner: for rows that no route makes in such numbers, and to read what no route tells. */
  get databaseUrl(): string {
    const folder = join(this.dataDir, 'postgres');
    const password = readFileSync(join(folder, 'owner-password'), 'utf8');
    const port = readFileSync(join(databaseDir(folder), 'postmaster.pid'), 'utf8').split('\n')[3] ?? '';
    return `postgres://slipway:${password}@127.0.0.1:${port}/slipway`;
  }

  /** URL of the broker for one of its users, such as `deployments`. */
  brokerUrl(user: string): string {
    const secrets = JSON.parse(readFileSync(join(this.dataDir, 'secrets.json'), 'utf8')) as Record<string, string>;
    const ports = join(this.dataDir, 'nats', 'ports');
    const told = JSON.parse(readFileSync(join(ports, readdirSync(ports)[0] ?? ''), 'utf8')) as { nats: string[] };
    const url = new URL(told.nats[0] ?? '');
    url.username = user;
    url.password = secrets[`nats.${user}`] ?? '';
    return url.href;
  }

  /** Asks the database as its owner. */
  async sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** Registers users, whose clients it returns. `admin`: such as see everything. */
  async users(count: number, { admin = false } = {}): Promise<User[]> {
    const users: User[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = `bench-${admin ? 'admin' : 'user'}-${index}`;
      const password = `the password of ${name}`;
      const answer = await new HttpClient(this.url).send('POST', '/v1/auth/register', {
        username: name,
        email: `${name}@example.org`,
        password,
        confirm_password: password,
      });
      if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
      const token = String(answer.body.access_token);
      users.push({ id: String(answer.body.id), token, client: new HttpClient(this.url, token) });
    }
    // No route makes an administrator.
    if (admin)
      await this.sql('update identity."user" set admin = true where id = any($1::uuid[])', [users.map(({ id }) => id)]);
    return users;
  }

  /** Stops it as Ctrl-C does, and removes its data. */
  async close(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGINT');
      await ended;
    }
    spawnSync(process.execPath, [join(tools, 'stop.mjs'), 'reset', '--yes', '--data-dir', this.dataDir]);
    rmSync(join(this.dataDir, '..'), { recursive: true, force: true });
  }
}

export interface User {
  readonly id: string;
  readonly token: string;
  readonly client: HttpClient;
}
