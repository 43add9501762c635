// Readers of the lines that the world writes: each line once and in order, or the round is wrong.
import { setTimeout as delay } from 'node:timers/promises';

import { WebSocket } from 'ws';

import { now } from '../measure/clock.js';
import { Latencies } from '../measure/latencies.js';

const LINE = Buffer.from('line ');
const SPACE = 0x20;
const ZERO = 0x30;
/** How many connect at once. */
const CONNECTING = 50;

/** What the readers of one side are given in one round. */
export class Expected {
  readonly latencies = new Latencies();
  private readonly next: number[];
  private read = 0;
  private wrong: string | undefined;

  /** @param warmUp so many lines at the beginning are checked and not counted */
  constructor(
    readers: number,
    private readonly lines: number,
    private readonly warmUp: number,
  ) {
    this.next = Array.from({ length: readers }, () => 0);
  }

  /** `line <number> <planned moment in µs>`, anywhere in what a reader got. */
  take(reader: number, message: Buffer): void {
    const at = now();
    const begin = message.indexOf(LINE) + LINE.length;
    const [line, end] = digitsOf(message, begin);
    const [plannedUs] = digitsOf(message, end + 1);
    const expected = this.next[reader] ?? 0;
    if (line !== expected) this.wrong ??= `reader ${reader} got line ${line} instead of ${expected}`;
    this.next[reader] = line + 1;
    this.read += 1;
    if (line >= this.warmUp) this.latencies.record(at - plannedUs / 1000);
  }

  /** Resolves when every reader has every line. @throws Error for a line that is missing, repeated or out of order */
  async complete(withinMs: number): Promise<void> {
    const wanted = this.lines * this.next.length;
    for (const until = now() + withinMs; this.read < wanted && now() < until;) await delay(5);
    if (this.wrong !== undefined) throw new Error(this.wrong);
    if (this.read !== wanted) throw new Error(`${wanted - this.read} of ${wanted} lines did not come`);
  }
}

function digitsOf(message: Buffer, from: number): [value: number, end: number] {
  let value = 0;
  let index = from;
  for (let digit = message[index]; digit !== undefined && digit !== SPACE; digit = message[++index]) {
    if (digit < ZERO || digit > ZERO + 9) break;
    value = value * 10 + digit - ZERO;
  }
  return [value, index];
}

export interface Readers {
  expected: Expected | undefined;
  close(): void;
}

/** Opens a socket for each request. @throws Error when one is refused */
export async function openReaders(
  requests: readonly { readonly url: string; readonly headers?: Record<string, string> }[],
): Promise<Readers> {
  const sockets: WebSocket[] = [];
  const readers: Readers = {
    expected: undefined,
    close: () => {
      for (const socket of sockets) socket.terminate();
    },
  };
  for (let from = 0; from < requests.length; from += CONNECTING) {
    await Promise.all(
      requests.slice(from, from + CONNECTING).map(({ url, headers = {} }, index) => {
        const socket = new WebSocket(url, { headers, perMessageDeflate: false });
        sockets.push(socket);
        socket.on('message', (message: Buffer) => readers.expected?.take(from + index, message));
        return opened(socket);
      }),
    );
  }
  return readers;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_, response) =>
      reject(new Error(`a socket was refused: ${response.statusCode}`)),
    );
    socket.on('error', reject);
  });
}
