// A process of this tool beside the driver: a floor, or the world around Slipway. It does what it is asked over Node's own channel, and
// ends with the driver.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { onCores } from '../cores.js';

interface Question {
  readonly id: number;
  readonly act: string;
  readonly input: unknown;
}

interface Answer {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: string;
}

export class Child {
  private readonly asked = new Map<number, { resolve: (output: unknown) => void; reject: (error: Error) => void }>();
  private count = 0;

  /** @param entry file of this tool, such as `new URL('../floors/broadcast.js', import.meta.url)` */
  static start(entry: URL, cores: readonly number[] | undefined): Child {
    const [command = '', ...args] = onCores(cores, [process.execPath, fileURLToPath(entry)]);
    return new Child(
      spawn(command, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
      fileURLToPath(entry),
    );
  }

  private constructor(
    private readonly process: ChildProcess,
    private readonly name: string,
  ) {
    process.on('message', (answer: Answer) => {
      const waiting = this.asked.get(answer.id);
      this.asked.delete(answer.id);
      if (answer.error !== undefined) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.output);
    });
    process.once('exit', (code, signal) => {
      for (const { reject } of this.asked.values()) reject(new Error(`${this.name} ended with ${signal ?? code}`));
      this.asked.clear();
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Asks for one of the acts that the process answers. */
  ask<Output>(act: string, input: object = {}): Promise<Output> {
    const id = (this.count += 1);
    const answered = new Promise<unknown>((resolve, reject) => this.asked.set(id, { resolve, reject }));
    this.process.send({ id, act, input } satisfies Question);
    return answered as Promise<Output>;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }
}

/** In the process: what it can be asked for. */
export function answerDriver(acts: Readonly<Record<string, (input: never) => unknown>>): void {
  process.once('disconnect', () => process.exit());
  process.on('message', ({ id, act, input }: Question) => {
    void Promise.resolve()
      .then(() => {
        const answer = acts[act] as ((input: unknown) => unknown) | undefined;
        if (!answer) throw new Error(`nobody answers ${act}`);
        return answer(input);
      })
      .then(
        (output) => process.send?.({ id, output } satisfies Answer),
        (error: unknown) => process.send?.({ id, error: String(error) } satisfies Answer),
      );
  });
}
