// Exchanges a refresh token for its successor for as long as the run lasts. An exchange whose answer was lost may be repeated for a while with the
// token that was spent by it: who does that in time must not lose its session.
import { setTimeout as delay } from 'node:timers/promises';

import type { Dialect, DialectRequest } from './dialect.js';
import type { Journal } from './journal.js';
import type { Sender } from './sender.js';
import type { Tenant } from './tenant.js';

const PAUSE_MS = 500;
/** A spent token is good for ten seconds; what is on its way longer than this is not asked for. */
const REPEATABLE_MS = 8_000;

export class SessionKeeper {
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(
    private readonly sender: Sender,
    private readonly journal: Journal,
    private readonly dialect: Dialect,
    private readonly tenant: Tenant,
  ) {
    this.running = this.keep();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async keep(): Promise<void> {
    const { email, password, canary } = this.tenant;
    let token: string | undefined;
    let triedSince = performance.now();
    while (!this.stopping) {
      const request = token === undefined ? this.dialect.logIn(email, password) : this.dialect.refresh(token);
      const { status, given } = await this.ask(request);
      const sinceMs = performance.now() - triedSince;
      if (given !== undefined) triedSince = performance.now();
      if (status === 401 && sinceMs < REPEATABLE_MS) {
        const text = `the session of ${canary} was ended ${Math.round(sinceMs)} ms after its last exchange`;
        this.journal.write({ note: 'wrong', t: Date.now(), text });
      }
      token = status === 401 ? undefined : (given ?? token);
      await delay(PAUSE_MS);
    }
  }

  private async ask(request: DialectRequest): Promise<{ status?: number; given?: string | undefined }> {
    try {
      const answer = await this.sender.fetch(this.tenant, request, {});
      const text = await answer.text();
      const given = answer.status === 200 ? this.dialect.refreshTokenOf(JSON.parse(text)) : undefined;
      return { status: answer.status, given };
    } catch {
      return {};
    }
  }
}
