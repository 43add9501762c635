// An instance of Slipway as `npm start` starts it, in production's ways (PostgreSQL with fsync, NATS with `sync_interval: always`), in a
// folder and at a port of its own.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { HttpClient } from '@slipway/e2e';
import { Encryption } from '@slipway/persistence';
import { waitFor } from '@slipway/testing';
import { databaseDir, freePort } from '@slipway/testing/backends';
import pg from 'pg';

import { onCores } from '../cores.js';
import { now } from '../measure/clock.js';
import { cpuSecondsOf, residentBytesOf } from './process-tree.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const tools = join(root, 'tools', 'dev');
const READY_TIMEOUT_MS = 120_000;

export interface InstanceOptions {
  readonly cores: readonly number[] | undefined;
  /** Arguments of `npm start` beside port and folder. */
  readonly args?: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Starts it by npm itself, as a user does. */
  readonly byNpm?: boolean;
}

interface Launched {
  readonly process: ChildProcess;
  readonly secondsToReady: number;
}

export class Instance {
  private constructor(
    private launched: Launched,
    private readonly launch: (more: readonly string[]) => Promise<Launched>,
    readonly url: string,
    readonly dataDir: string,
    /** With the first user's API key, who is an administrator. */
    readonly admin: HttpClient,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async start({ cores, args = [], env = {}, byNpm = false }: InstanceOptions): Promise<Instance> {
    const dataDir = join(mkdtempSync(join(tmpdir(), 'slipway-bench-')), 'data');
    const port = String(await freePort());
    const program = byNpm ? ['npm', 'start', '--'] : [process.execPath, join(tools, 'start.mjs')];
    const line = onCores(cores, [...program, '--port', port, '--data-dir', dataDir, ...args]);
    // Its limit is for strangers; here one address registers all users.
    const all = { ...process.env, PUBLIC_RATE_LIMIT_PER_MINUTE: '0', ...env };
    const launch = (more: readonly string[]) => launched([...line, ...more], all);
    const first = await launch([]);
    const user = JSON.parse(readFileSync(join(dataDir, 'first-user.json'), 'utf8')) as { url: string; apiKey: string };
    return new Instance(first, launch, user.url, dataDir, new HttpClient(user.url, user.apiKey), env);
  }

  /** From the command of the last start until it told URLs and first user, all services being ready. */
  get secondsToReady(): number {
    return this.launched.secondsToReady;
  }

  private get process(): ChildProcess {
    return this.launched.process;
  }

  /** Seconds of CPU used so far by services, database and broker together. */
  get cpuSeconds(): number {
    return cpuSecondsOf(this.process.pid ?? 0);
  }

  /** The process of all services; with `--processes` the one that started them. */
  get pid(): number {
    return Number(readFileSync(join(this.dataDir, 'slipway.pid'), 'utf8'));
  }

  /** With `--processes`: the process of each app, by its name. */
  get appPids(): Readonly<Record<string, number>> {
    return JSON.parse(readFileSync(join(this.dataDir, 'apps.json'), 'utf8')) as Record<string, number>;
  }

  /** Memory of the process of all services. */
  get residentBytes(): number {
    return residentBytesOf(this.pid);
  }

  /** URL of the database's owner: for rows that no route makes in such numbers, and to read what no route tells. */
  get databaseUrl(): string {
    if (this.env.DATABASE_URL !== undefined) return this.env.DATABASE_URL;
    const folder = join(this.dataDir, 'postgres');
    const password = readFileSync(join(folder, 'owner-password'), 'utf8');
    const port = readFileSync(join(databaseDir(folder), 'postmaster.pid'), 'utf8').split('\n')[3] ?? '';
    return `postgres://slipway:${password}@127.0.0.1:${port}/slipway`;
  }

  /** URL of the broker for one of its users, such as `deployments`. */
  brokerUrl(user: string): string {
    if (this.env.NATS_URL !== undefined) return this.env.NATS_URL;
    const ports = join(this.dataDir, 'nats', 'ports');
    const told = JSON.parse(readFileSync(join(ports, readdirSync(ports)[0] ?? ''), 'utf8')) as { nats: string[] };
    const url = new URL(told.nats[0] ?? '');
    url.username = user;
    url.password = this.secret(`nats.${user}`);
    return url.href;
  }

  /** What a service encrypts its columns with. */
  encryptionOf(service: string): Encryption {
    return new Encryption(service, this.secret(`encryption.${service}`));
  }

  private secret(name: string): string {
    const secrets = JSON.parse(readFileSync(join(this.dataDir, 'secrets.json'), 'utf8')) as Record<string, string>;
    return secrets[name] ?? '';
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
      users.push({ id: String(answer.body.id), token, password, client: new HttpClient(this.url, token) });
    }
    // No route makes an administrator.
    if (admin)
      await this.sql('update identity."user" set admin = true where id = any($1::uuid[])', [users.map(({ id }) => id)]);
    return users;
  }

  /** Asks it to stop, as Ctrl-C does, and resolves when it has. Its data stay. @throws Error when it did not stop in order */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<void> {
    const child = this.process;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      // To its group, as a terminal does: npm puts itself in between.
      process.kill(-(child.pid ?? 0), signal);
      await ended;
    }
    // npm ends by the signal itself, after Slipway.
    if (child.exitCode !== 0 && child.signalCode !== signal)
      throw new Error(`Slipway ended with ${child.signalCode ?? child.exitCode}`);
  }

  /** Starts it on the data that it left, and resolves once it is ready. @param more arguments of `npm start` for this time */
  async startAgain(more: readonly string[] = []): Promise<void> {
    this.launched = await this.launch(more);
  }

  /** Stops it and removes its data. */
  async close(): Promise<void> {
    await this.stop().catch(() => undefined);
    spawnSync(process.execPath, [join(tools, 'stop.mjs'), 'reset', '--yes', '--data-dir', this.dataDir]);
    rmSync(join(this.dataDir, '..'), { recursive: true, force: true });
  }
}

/** Resolves once it says that it is ready. */
async function launched([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<Launched> {
  const began = now();
  const child = spawn(command, args, { cwd: root, detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let readyAt: number | undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Ctrl-C stops everything')) readyAt ??= now();
    });
  try {
    await waitFor(() => child.exitCode !== null || readyAt !== undefined, { timeoutMs: READY_TIMEOUT_MS });
    if (readyAt === undefined) throw new Error(`it ended with code ${child.exitCode}`);
    return { process: child, secondsToReady: (readyAt - began) / 1000 };
  } catch (error) {
    if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGINT');
    throw new Error(`Slipway did not start: ${output}`, { cause: error });
  }
}

export interface User {
  readonly id: string;
  readonly token: string;
  readonly password: string;
  readonly client: HttpClient;
}
