// Keeps one replica of an app running: what ends without being asked to is started again at once, and the time until it is ready is taken.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

export interface ReplicaProcess {
  /** Such as `gateway-1`. */
  readonly name: string;
  /** What node runs, with its arguments. */
  readonly command: readonly string[];
  readonly nodeOptions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly adminPort: number;
}

/** A start after an end that nobody asked for. */
export interface Restart {
  readonly replica: string;
  readonly at: number;
  readonly how: string;
  /** From the end to the first 200 of /readyz; absent when it ended again before. */
  readyMs?: number;
}

/** A pass over an App that failed. */
export interface Retry {
  readonly at: number;
  readonly appId: string;
  readonly retryMs: number;
}

const POLL_MS = 25;
const ASK_TIMEOUT_MS = 1_000;
const STOP_TIMEOUT_MS = 12_000;
const HELD_TIMEOUT_MS = 10_000;
const RETRY = /"appId":"([^"]+)","retryMs":(\d+)/;
const HELD = /^held (\d+)$/;
const HIT = /^failpoint (\S+) \S+ \d+$/;

export class Supervisor {
  readonly restarts: Restart[] = [];
  readonly retries: Retry[] = [];
  /** Of the process that runs now: by the clock that only goes on, and by that of the day. */
  startedAt = 0;
  startedAtTime = 0;
  private child: ChildProcess | undefined;
  private stopping = false;
  private held: number | undefined;

  constructor(
    readonly replica: ReplicaProcess,
    private readonly log: (line: string) => void,
    /** Variables of the next start beside its own. */
    private readonly more: () => Readonly<Record<string, string>>,
    private readonly onHit: (failpoint: string) => void,
  ) {}

  get name(): string {
    return this.replica.name;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  start(): void {
    const { command, nodeOptions } = this.replica;
    const child = spawn(process.execPath, [...nodeOptions, ...command], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...this.replica.env, ...this.more() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.startedAt = performance.now();
    this.startedAtTime = Date.now();
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.take(line));
    child.once('error', (error) =>
      this.log(JSON.stringify({ level: 'error', replica: this.name, msg: error.message })),
    );
    child.once('exit', (code, signal) => {
      if (this.child !== child) return;
      this.child = undefined;
      if (!this.stopping) this.startAgain(String(signal ?? `code ${code}`));
    });
  }

  /** @returns whether there was a process to send it to */
  signal(signal: NodeJS.Signals): boolean {
    return this.child?.kill(signal) ?? false;
  }

  async untilReady(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await this.isReady())) {
      if (performance.now() > deadline) throw new Error(`${this.name} was not ready after ${timeoutMs / 1000} s`);
      await delay(POLL_MS);
    }
  }

  /** What answers when asked for `/livez`, `/readyz` or `/metrics`; undefined when nothing does. */
  async ask(path: string): Promise<{ status: number; text: string } | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${this.replica.adminPort}${path}`, {
        signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
      });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return undefined;
    }
  }

  /** Bytes that its process keeps when its garbage is gone; undefined when it does not say. */
  async heldBytes(): Promise<number | undefined> {
    this.held = undefined;
    const deadline = performance.now() + HELD_TIMEOUT_MS;
    this.signal('SIGUSR2');
    while (this.held === undefined && performance.now() < deadline) await delay(POLL_MS);
    return this.held;
  }

  async isReady(): Promise<boolean> {
    return (await this.ask('/readyz'))?.status === 200;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    if ((await Promise.race([ended, delay(STOP_TIMEOUT_MS, 'late', { ref: false })])) === 'late') child.kill('SIGKILL');
  }

  private startAgain(how: string): void {
    const ended = performance.now();
    const restart: Restart = { replica: this.name, at: Date.now(), how };
    this.restarts.push(restart);
    this.start();
    const child = this.child;
    const measure = async (): Promise<void> => {
      while (this.child === child && !this.stopping) {
        if (await this.isReady()) {
          restart.readyMs = performance.now() - ended;
          return;
        }
        await delay(POLL_MS);
      }
    };
    void measure();
  }

  private take(line: string): void {
    const [, name] = HIT.exec(line) ?? [];
    if (name !== undefined) this.onHit(name);
    const [, held] = HELD.exec(line) ?? [];
    if (held !== undefined) this.held = Number(held);
    const [, appId, retryMs] = RETRY.exec(line) ?? [];
    if (appId !== undefined) this.retries.push({ at: Date.now(), appId, retryMs: Number(retryMs) });
    this.log(line.startsWith('{') ? line : JSON.stringify({ replica: this.name, text: line }));
  }
}
