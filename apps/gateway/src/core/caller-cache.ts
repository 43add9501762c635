import type { CredentialRevoked } from '@slipway/contracts';

import type { Caller } from './http-call.js';

const KEEP_MS = 5_000;
const MAX_ENTRIES = 10_000;

/**
 * Who a credential belongs to, for five seconds: `credential.revoked` drops an entry at once, and the clock covers an event that was
 * lost with the connection. Refusals are not kept.
 */
export class CallerCache {
  private readonly entries = new Map<string, { caller: Caller; keepUntil: number }>();
  private readonly asking = new Map<string, Promise<Caller | null>>();
  private revocations = 0;

  constructor(private readonly now: () => number = Date.now) {}

  async get(key: string, ask: () => Promise<Caller | null>): Promise<Caller | null> {
    const entry = this.entries.get(key);
    if (entry && entry.keepUntil > this.now()) return entry.caller;
    let asked = this.asking.get(key);
    if (!asked) {
      asked = this.ask(key, ask).finally(() => this.asking.delete(key));
      this.asking.set(key, asked);
    }
    return asked;
  }

  /** Whoever is remembered, without asking. */
  peek(key: string): Caller | undefined {
    return this.entries.get(key)?.caller;
  }

  /** Drops what was revoked: the named credentials, or all of the user's when none is named. */
  revoke({ userId, credentialIds }: CredentialRevoked): void {
    this.revocations += 1;
    // A question on its way may bring back what held before: later callers ask anew.
    this.asking.clear();
    for (const [key, { caller }] of this.entries) {
      const { actor } = caller;
      if (actor.userId === userId && (credentialIds.length === 0 || credentialIds.includes(actor.credential.id))) {
        this.entries.delete(key);
      }
    }
  }

  private async ask(key: string, ask: () => Promise<Caller | null>): Promise<Caller | null> {
    const revocationsBefore = this.revocations;
    const caller = await ask();
    if (caller && revocationsBefore === this.revocations) {
      const oldest = this.entries.keys().next();
      if (this.entries.size >= MAX_ENTRIES && !oldest.done) this.entries.delete(oldest.value);
      this.entries.delete(key);
      this.entries.set(key, { caller, keepUntil: this.now() + KEEP_MS });
    }
    return caller;
  }
}
