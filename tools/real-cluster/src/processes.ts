import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { isRunning, stopProcess } from '@slipway/testing/backends';

/** A program of the cluster, started in the background; the cluster outlives the command that starts it. */
export interface Program {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
}

interface Started extends Program {
  readonly pid: number;
  /** When the process began, in clock ticks since boot: tells it from a later one with the same id. */
  readonly ticks: string;
}

/** The programs of one cluster, by the record in its folder. */
export class Processes {
  constructor(private readonly folder: string) {}

  /** Starts it detached, with its output in `log/<name>.log`; a program of this name that still runs is an error. */
  start(program: Program): void {
    const others = this.read().filter(({ name }) => name !== program.name);
    if (this.isRunning(program.name)) throw new Error(`${program.name} runs already`);
    const log = openSync(this.logFile(program.name), 'a');
    const child = spawn(program.binary, program.args, { detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    child.once('error', () => {});
    child.unref();
    if (child.pid === undefined)
      throw new Error(`${program.name} cannot be started: is ${program.binary} a program for this machine?`);
    this.write([...others, { ...program, pid: child.pid, ticks: startTicks(child.pid) ?? '' }]);
  }

  /** Starts a stopped program again, as it was started before. */
  restart(name: string): void {
    const program = this.read().find((candidate) => candidate.name === name);
    if (!program) throw new Error(`${name} is no program of this cluster`);
    this.start({ name, binary: program.binary, args: program.args });
  }

  /** Sends SIGKILL and waits until it is gone. */
  async kill(name: string): Promise<void> {
    for (const program of this.read()) {
      if (program.name === name && isSame(program)) await stopProcess(program.pid, 'SIGKILL');
    }
  }

  /** Freezes it: its connections stay open, and nothing answers on them until `resume`. */
  pause(name: string): void {
    process.kill(this.running(name).pid, 'SIGSTOP');
  }

  resume(name: string): void {
    process.kill(this.running(name).pid, 'SIGCONT');
  }

  async killAll(): Promise<void> {
    // In the opposite order: nothing is left to restart what was just ended.
    for (const { name } of this.read().reverse()) await this.kill(name);
  }

  isRunning(name: string): boolean {
    return this.read().some((program) => program.name === name && isSame(program));
  }

  /** Every program that was started, and whether it still runs. */
  list(): { name: string; binary: string; logFile: string; running: boolean }[] {
    return this.read().map((program) => ({
      name: program.name,
      binary: program.binary,
      logFile: this.logFile(program.name),
      running: isSame(program),
    }));
  }

  logFile(name: string): string {
    return join(this.folder, 'log', `${name}.log`);
  }

  private running(name: string): Started {
    const program = this.read().find((candidate) => candidate.name === name);
    if (!program || !isSame(program)) throw new Error(`${name} does not run`);
    return program;
  }

  private read(): Started[] {
    const file = this.file();
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Started[]) : [];
  }

  private write(programs: readonly Started[]): void {
    writeFileSync(this.file(), JSON.stringify(programs, undefined, 2));
  }

  private file(): string {
    return join(this.folder, 'processes.json');
  }
}

function isSame({ pid, ticks }: Started): boolean {
  return isRunning(pid) && startTicks(pid) === ticks;
}

function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22 of proc_pid_stat(5); the second one, a name in brackets, may hold blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
