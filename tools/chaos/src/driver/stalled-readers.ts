// Readers that open a stream and take nothing of it, for as long as the run lasts: they may cost a bounded buffer, and nobody else anything.
import { request } from 'node:http';

import type { DialectRequest } from './dialect.js';
import type { Tenant } from './tenant.js';

const REOPEN_MS = 1_000;

export class StalledReaders {
  private stopping = false;
  private readonly open = new Set<ReturnType<typeof request>>();

  constructor(
    private readonly gatewayUrls: readonly string[],
    private readonly tenant: Tenant,
    private readonly asked: DialectRequest,
    count: number,
  ) {
    for (let number = 0; number < count; number += 1) this.begin(number);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const one of this.open) one.destroy();
  }

  private begin(number: number): void {
    const url = new URL(this.asked.path, this.gatewayUrls[number % this.gatewayUrls.length]);
    const headers = { ...this.asked.headers, authorization: `Bearer ${this.tenant.credential}` };
    const one = request(url, { method: this.asked.method, headers, agent: false });
    this.open.add(one);
    // Never read: the answer's first bytes fill the buffers in between, and the rest waits where it comes from.
    one.on('response', (answer) => answer.pause().on('error', () => undefined));
    one.on('error', () => undefined);
    one.once('close', () => {
      this.open.delete(one);
      if (!this.stopping) setTimeout(() => !this.stopping && this.begin(number), REOPEN_MS).unref();
    });
    one.end();
  }
}
