// Looks at Apps while everything goes on, one question after the other, through whichever gateway: what a reader has seen must not go back.
import { setTimeout as delay } from 'node:timers/promises';

import type { Dialect } from './dialect.js';
import type { Journal } from './journal.js';
import type { Sender } from './sender.js';
import type { Tenant } from './tenant.js';

const PAUSE_MS = 150;
/** The newest Apps of each list are read one by one. */
const READS_PER_LIST = 10;

export class Poller {
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly sender: Sender,
    private readonly journal: Journal,
    private readonly dialect: Dialect,
    private readonly tenant: Tenant,
  ) {
    this.running = this.poll();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async poll(): Promise<void> {
    while (!this.stopping) {
      await this.round().catch(() => undefined);
      await delay(PAUSE_MS);
    }
  }

  private async round(): Promise<void> {
    const { body } = await this.sender.read(this.tenant, this.dialect.listApps());
    for (const app of this.dialect.appsOf(body).slice(0, READS_PER_LIST)) {
      if (this.stopping) return;
      await delay(PAUSE_MS);
      const { headers } = await this.sender.read(this.tenant, this.dialect.getApp(app));
      const version = this.dialect.versionOf(headers);
      if (version === undefined) continue;
      this.journal.write({ note: 'poll', t: Date.now(), reader: this.tenant.canary, target: app.name, version });
    }
  }
}
