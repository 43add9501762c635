// Reads an event stream for as long as the run lasts, comes back after every cut with the last id it was given, and journals each frame.
import { setTimeout as delay } from 'node:timers/promises';

import type { DialectRequest } from './dialect.js';
import type { FrameLine, Journal } from './journal.js';
import type { Sender } from './sender.js';
import type { Tenant } from './tenant.js';

/** What lines are padded with says nothing. */
const PADDING = / x{1000,}/;
const RECONNECT_MS = 200;
/** Streams send a comment after 25 s of silence: one that says less than that is dead. */
const SILENCE_MS = 40_000;

export class StreamReader {
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;
  private lastId: string | undefined;

  constructor(
    private readonly sender: Sender,
    private readonly journal: Journal,
    private readonly tenant: Tenant,
    private readonly stream: FrameLine['stream'],
    private readonly request: DialectRequest,
  ) {
    this.running = this.read();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async read(): Promise<void> {
    while (!this.ending.signal.aborted) {
      await this.readOnce().catch(() => undefined);
      if (!this.ending.signal.aborted) await delay(RECONNECT_MS);
    }
  }

  private async readOnce(): Promise<void> {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), SILENCE_MS);
    try {
      const resumed = this.lastId === undefined ? undefined : { 'last-event-id': this.lastId };
      const answer = await this.sender.fetch(
        this.tenant,
        this.request,
        { ...resumed },
        AbortSignal.any([this.ending.signal, silence.signal]),
      );
      if (answer.status !== 200 || !answer.body) return;
      let text = '';
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), SILENCE_MS);
        const frames = `${text}${chunk}`.split('\n\n');
        text = frames.pop() ?? '';
        for (const frame of frames) this.take(frame);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  private take(frame: string): void {
    const {
      id,
      event: type,
      data,
    } = Object.fromEntries(frame.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line)?.slice(1) ?? [])) as Partial<
      Record<string, string>
    >;
    if (data === undefined) return;
    if (id !== undefined) this.lastId = id;
    this.sender.lookForLeaks(this.tenant, data, this.request.path);
    this.journal.write({
      note: 'frame',
      t: Date.now(),
      stream: this.stream,
      actor: this.tenant.canary,
      id: id ?? '',
      type: type ?? '',
      text: data.replace(PADDING, ''),
    });
  }
}
