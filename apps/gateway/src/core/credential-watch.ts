import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { CheckCredential } from '@slipway/contracts';

import { Authentication } from './authentication.js';
import type { Caller } from './http-call.js';
import { LiveSubjects, spread } from './live-subjects.js';

/** With the time that the question takes, a revocation that nobody heard of is known within five seconds. */
const ASK_EVERY_MS = 4_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A credential and what it holds open. */
interface Watched {
  readonly lookup: CheckCredential;
  readonly userId: string;
  /** One for each stream. */
  readonly onEnded: Set<() => void>;
  readonly timer: NodeJS.Timeout;
}

/** Ends what outlives its request, such as a stream, when the credential behind it ends: revoked within a second, expired at once. */
@Injectable()
export class CredentialWatch implements OnModuleDestroy {
  private readonly watched = new Map<string, Watched>();
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
      live.onReconnect(() => {
        for (const credential of this.watched.values()) setTimeout(() => void this.ask(credential), spread());
      }),
    ];
  }

  onModuleDestroy(): void {
    for (const { timer } of this.watched.values()) clearInterval(timer);
    for (const stop of this.stopListening) stop();
  }

  /** Calls `onEnded` when the credential has ended; returns how to stop that. */
  watch(caller: Caller, onEnded: () => void): () => void {
    const { id } = caller.actor.credential;
    const credential = this.watched.get(id) ?? this.begin(caller);
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
      if (credential.onEnded.size > 0 || this.watched.get(id) !== credential) return;
      clearInterval(credential.timer);
      this.watched.delete(id);
    };
  }

  private begin({ actor, lookup }: Caller): Watched {
    const credential: Watched = {
      lookup,
      userId: actor.userId,
      onEnded: new Set(),
      timer: setInterval(() => void this.ask(credential), ASK_EVERY_MS),
    };
    this.watched.set(actor.credential.id, credential);
    return credential;
  }

  private async ask(credential: Watched): Promise<void> {
    // Nobody there to tell is no reason to end anything.
    const holds = await this.authentication.holdsNow(credential.lookup).catch(() => true);
    if (!holds) end(credential);
  }
}

function end({ onEnded }: Watched): void {
  for (const ended of onEnded) ended();
}
