import type { SigningKey } from '@slipway/contracts';

const MAX_ENTRIES = 10_000;

/** What a token says, and the key by which its signature was found good. */
export interface VerifiedToken {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly key: SigningKey;
}

/**
 * Access tokens whose signature was found good, the last ten thousand: a client sends the same one with each request, and checking it takes
 * longer than all else that a gateway does. It spares that arithmetic only; whether key, time and session still hold is asked each time.
 */
export class VerifiedTokens {
  private readonly entries = new Map<string, VerifiedToken>();

  get(token: string): VerifiedToken | undefined {
    return this.entries.get(token);
  }

  add(token: string, verified: VerifiedToken): void {
    const oldest = this.entries.keys().next();
    if (this.entries.size >= MAX_ENTRIES && !oldest.done) this.entries.delete(oldest.value);
    this.entries.set(token, verified);
  }
}
