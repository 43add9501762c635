import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { Authentication } from './authentication.js';
import type { Caller } from './http-call.js';

const ASK_EVERY_MS = 30_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Watched {
  readonly caller: Caller;
  readonly onEnded: () => void;
}

/** Ends what outlives its request, such as a stream, when the credential behind it ends: revoked within a second, expired at once. */
@Injectable()
export class CredentialWatch implements OnModuleDestroy {
  private readonly watched = new Set<Watched>();
  private readonly timer: NodeJS.Timeout;
  private readonly stopListening: () => void;

  constructor(private readonly authentication: Authentication) {
    this.stopListening = authentication.onRevoked(({ userId, credentialIds }) => {
      for (const { caller, onEnded } of this.watched) {
        const { actor } = caller;
        if (actor.userId !== userId) continue;
        if (credentialIds.length === 0 || credentialIds.includes(actor.credential.id)) onEnded();
      }
    });
    // An event can be missed while the broker is away.
    this.timer = setInterval(() => void this.askAll(), ASK_EVERY_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.stopListening();
  }

  /** Calls `onEnded` when the credential has ended; returns how to stop that. */
  watch(caller: Caller, onEnded: () => void): () => void {
    const watched = { caller, onEnded };
    this.watched.add(watched);
    // Whatever expires later than a timer can wait is found by asking.
    const inMs = caller.expiresAt === null ? Infinity : Math.max(0, caller.expiresAt - Date.now());
    const timer = inMs <= LONGEST_TIMER_MS ? setTimeout(onEnded, inMs) : undefined;
    // It may have ended since its request was let in: a stream takes its time to be prepared, and nobody watched.
    void this.ask(watched);
    return () => {
      clearTimeout(timer);
      this.watched.delete(watched);
    };
  }

  private async askAll(): Promise<void> {
    await Promise.all([...this.watched].map((watched) => this.ask(watched)));
  }

  private async ask({ caller, onEnded }: Watched): Promise<void> {
    const holds = await this.authentication.stillHolds(caller).catch(() => true);
    if (!holds) onEnded();
  }
}
