// Owns how many readers of feeds this gateway has, and tells notifications, which adds up those of all gateways.
import { createHash, randomUUID } from 'node:crypto';

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { FeedReaders, UserId } from '@slipway/contracts';
import { Bus, readersSubject } from '@slipway/messaging';

const TELL_EVERY_MS = 5_000;
/** How soon a change is told: what changes meanwhile goes along. */
const TELL_WITHIN_MS = 100;
/** Users are told as short texts, so that a hundred thousand of them fit into one message. No two of so many meet in eight bytes of a hash. */
const HASH_BYTES = 8;

@Injectable()
export class ReaderRegister implements OnModuleInit, OnModuleDestroy {
  private readonly subject = readersSubject(randomUUID());
  private readonly readers = new Set<{ readonly user: string }>();
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;

  constructor(private readonly bus: Bus) {}

  onModuleInit(): void {
    this.timer = setInterval(() => this.tell(), TELL_EVERY_MS);
  }

  /** The readers go with the gateway. */
  onModuleDestroy(): void {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.readers.clear();
    this.tell();
  }

  /** Counts one reader until the returned function is called. */
  enter(userId: UserId): () => void {
    const reader = { user: hashOf(userId) };
    this.readers.add(reader);
    this.tellSoon();
    return () => {
      if (this.readers.delete(reader)) this.tellSoon();
    };
  }

  private tellSoon(): void {
    this.soon ??= setTimeout(() => this.tell(), TELL_WITHIN_MS);
  }

  private tell(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    const users = new Set([...this.readers].map(({ user }) => user));
    const told: FeedReaders = { connections: this.readers.size, users: [...users] };
    this.bus.emit(this.subject, told);
  }
}

function hashOf(userId: UserId): string {
  return createHash('sha256').update(userId).digest().subarray(0, HASH_BYTES).toString('base64url');
}
