import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { listSigningKeys, type SigningKey, type SigningKeys as PublishedKeys } from '@slipway/contracts';
import { Bus } from '@slipway/messaging';

/** A key that identity has taken away is forgotten after this time at the latest. */
const KEEP_MS = 5 * 60_000;
/** An unknown key id asks identity again, but foreign tokens may not turn into a stream of questions. */
const ASK_AGAIN_MS = 5_000;

/** The public halves of identity's signing keys. */
@Injectable()
export class SigningKeys {
  private known: { keys: PublishedKeys; askedAt: number } | undefined;
  private asking: Promise<PublishedKeys> | undefined;

  constructor(private readonly bus: Bus) {}

  /** What identity last published. */
  get published(): PublishedKeys | undefined {
    return this.known?.keys;
  }

  /** The key `kid` if it is one of identity's. @throws Refusal when identity is away */
  async find(kid: string): Promise<SigningKey | undefined> {
    const age = this.known ? Date.now() - this.known.askedAt : Infinity;
    const key = this.known?.keys.keys.find((one) => one.kid === kid);
    if (this.known && age < (key ? KEEP_MS : ASK_AGAIN_MS)) return key;
    this.asking ??= this.ask().finally(() => (this.asking = undefined));
    return (await this.asking).keys.find((one) => one.kid === kid);
  }

  private async ask(): Promise<PublishedKeys> {
    const keys = await this.bus.query(listSigningKeys, {}, { correlationId: randomUUID() });
    this.known = { keys, askedAt: Date.now() };
    return keys;
  }
}
