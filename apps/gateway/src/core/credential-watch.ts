import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { CredentialId, UserId } from '@slipway/contracts';

import { Authentication } from './authentication.js';
import type { Caller } from './http-call.js';
import { LiveSubjects, spread } from './live-subjects.js';

/** With the time that the question takes, a revocation that nobody heard of is known within five seconds. */
const ASK_EVERY_MS = 4_000;
/** So many credentials are asked about in one question. */
const ASKED_AT_ONCE = 500;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What a credential holds open. */
interface Watched {
  readonly userId: UserId;
  /** One for each stream. */
  readonly onEnded: Set<() => void>;
}

/** Ends what outlives its request, such as a stream, when the credential behind it ends: revoked within a second, expired at once. */
@Injectable()
export class CredentialWatch implements OnModuleDestroy {
  private readonly watched = new Map<CredentialId, Watched>();
  private readonly clock = setInterval(() => this.askAll(), ASK_EVERY_MS);
  private readonly stopListening: readonly (() => void)[];

  constructor(
    private readonly authentication: Authentication,
    live: LiveSubjects,
  ) {
    this.stopListening = [
      authentication.onRevoked(({ userId, credentialIds }) => {
        for (const [id, credential] of this.watched) {
          if (credential.userId !== userId) continue;
          if (credentialIds.length === 0 || credentialIds.includes(id)) end(credential);
        }
      }),
      // What was revoked while the broker was away has not been heard of.
      live.onReconnect(() => setTimeout(() => this.askAll(), spread())),
    ];
  }

  onModuleDestroy(): void {
    clearInterval(this.clock);
    for (const stop of this.stopListening) stop();
  }

  /** Calls `onEnded` when the credential has ended; returns how to stop that. */
  watch(caller: Caller, onEnded: () => void): () => void {
    const { id } = caller.actor.credential;
    const credential = this.watched.get(id) ?? { userId: caller.actor.userId, onEnded: new Set() };
    this.watched.set(id, credential);
    // Each call counts, whoever else passes the same function.
    const ended = (): void => onEnded();
    credential.onEnded.add(ended);
    // Whatever expires later than a timer can wait is found by asking.
    const inMs = caller.expiresAt === null ? Infinity : Math.max(0, caller.expiresAt - Date.now());
    const timer = inMs <= LONGEST_TIMER_MS ? setTimeout(ended, inMs) : undefined;
    // It may have ended since its request was let in: a stream takes its time to be prepared, and nobody watched.
    void this.authentication.stillHolds(caller).then(
      (holds) => {
        if (!holds) ended();
      },
      () => undefined,
    );
    return () => {
      clearTimeout(timer);
      credential.onEnded.delete(ended);
      if (credential.onEnded.size === 0 && this.watched.get(id) === credential) this.watched.delete(id);
    };
  }

  private askAll(): void {
    const ids = [...this.watched.keys()];
    for (let from = 0; from < ids.length; from += ASKED_AT_ONCE) void this.ask(ids.slice(from, from + ASKED_AT_ONCE));
  }

  private async ask(ids: CredentialId[]): Promise<void> {
    // Nobody there to tell is no reason to end anything.
    const ended = await this.authentication.endedOf(ids).catch(() => []);
    for (const id of ended) {
      const credential = this.watched.get(id);
      if (credential) this.authentication.forget({ userId: credential.userId, credentialIds: [id] });
    }
  }
}

function end({ onEnded }: Watched): void {
  for (const ended of onEnded) ended();
}
