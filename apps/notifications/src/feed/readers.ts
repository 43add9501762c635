// Owns who reads feeds right now, over all gateways. Each gateway tells of its own readers every few seconds; what it said last counts until
// it says something else or has been silent for too long. Kept in memory, by each process of this service for itself.
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { FeedReaders, ReaderCount } from '@slipway/contracts';
import { ALL_READERS, Bus, type LiveSubscription } from '@slipway/messaging';

/** Three times as long as a gateway waits before it tells again. */
const FORGOTTEN_AFTER_MS = 15_000;

interface Told extends FeedReaders {
  readonly at: number;
}

@Injectable()
export class Readers implements OnModuleInit, OnModuleDestroy {
  /** By the subject of each gateway. */
  private readonly told = new Map<string, Told>();
  private subscription: LiveSubscription | undefined;

  constructor(private readonly bus: Bus) {}

  onModuleInit(): void {
    this.subscription = this.bus.subscribe(ALL_READERS, ({ subject, payload }) => {
      this.forgetSilent();
      this.told.set(subject, { ...(payload as FeedReaders), at: Date.now() });
    });
  }

  onModuleDestroy(): void {
    this.subscription?.unsubscribe();
  }

  count(): ReaderCount {
    this.forgetSilent();
    const gateways = [...this.told.values()];
    return {
      users: new Set(gateways.flatMap(({ users }) => users)).size,
      connections: gateways.reduce((sum, { connections }) => sum + connections, 0),
    };
  }

  private forgetSilent(): void {
    const now = Date.now();
    for (const [gateway, { at }] of this.told) if (now - at > FORGOTTEN_AFTER_MS) this.told.delete(gateway);
  }
}
