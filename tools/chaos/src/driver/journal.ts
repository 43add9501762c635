// The outside journal: one JSON object a line, a line before each send and after each answer. Two processes write to one file, the driver
// what it did and the rig what it broke, so that it tells a run from beginning to end. A line of this size is written whole.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** `unknown` is what a timeout, a 5xx, a cut connection or a key that is still at work leaves behind. */
export type Phase = 'sent' | 'acked' | 'refused' | 'error' | 'timeout';

/** What an operation does, in core words; ../check/places.ts says where each leaves its mark. */
export type Kind = 'create' | 'set' | 'image' | 'scale' | 'restart' | 'delete' | 'key' | 'revoke';

export interface OperationLine {
  readonly note: 'operation';
  readonly t: number;
  /** The same in all sends of one operation. */
  readonly op: string;
  /** The Idempotency-Key, where it has one. */
  readonly key?: string;
  readonly actor: string;
  readonly dialect: string;
  readonly workload: string;
  readonly kind: Kind;
  /** Name of the App that it is about, or of the API key. */
  readonly target: string;
  /** The mark: image, variable with its value, replicas. */
  readonly value: string;
  readonly phase: Phase;
  readonly status?: number;
  /** `<op>.<send>`; Slipway carries it along as the correlation id. */
  readonly requestId: string;
  /** What is wrong with the form of an answer that is an error. */
  readonly wrong?: string;
  /** What an answer named: the id of what was made. */
  readonly answer?: string;
}

/** The first line. */
export interface RunLine {
  readonly note: 'run';
  readonly t: number;
  readonly row: string;
  readonly seed: number;
  readonly options: Readonly<Record<string, string | number | boolean | undefined>>;
}

export interface FaultLine {
  readonly note: 'fault';
  readonly t: number;
  readonly text: string;
}

/** Something that a stream gave to its reader; `id` is what the reader resumes with. */
export interface FrameLine {
  readonly note: 'frame';
  readonly t: number;
  readonly stream: 'feed' | 'lines';
  readonly actor: string;
  readonly id: string;
  readonly type: string;
  readonly text: string;
}

/** What one reader saw of an App at once; the next line of that reader was asked for after this one was answered. */
export interface PollLine {
  readonly note: 'poll';
  readonly t: number;
  readonly reader: string;
  readonly target: string;
  readonly version: number;
}

/** A user was given something of another's. */
export interface LeakLine {
  readonly note: 'leak';
  readonly t: number;
  readonly actor: string;
  readonly canary: string;
  readonly where: string;
}

/** Something that no single operation tells. */
export interface WrongLine {
  readonly note: 'wrong';
  readonly t: number;
  readonly text: string;
}

export type JournalLine = OperationLine | RunLine | FaultLine | FrameLine | PollLine | LeakLine | WrongLine;

export class Journal {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(line: JournalLine): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    closeSync(this.file);
  }
}

export function readJournal(path: string): JournalLine[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JournalLine);
}
