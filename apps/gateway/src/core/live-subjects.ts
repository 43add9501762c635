import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Broker, Bus, type LiveSubscription } from '@slipway/messaging';

export interface LiveListener {
  onMessage(payload: unknown): void;
  /** Told how many messages this gateway was too slow for. */
  onDropped?(count: number): void;
  /** The broker was away and is back: what was published meanwhile is lost. All are told at once, so what they ask then is spread. */
  onReconnect(): void;
}

interface Shared {
  readonly subscription: LiveSubscription;
  readonly listeners: Set<LiveListener>;
}

/** Live subjects for many readers: one subscription each, however many listen. */
@Injectable()
export class LiveSubjects implements OnModuleInit, OnModuleDestroy {
  private readonly shared = new Map<string, Shared>();
  private readonly reconnectListeners = new Set<() => void>();

  constructor(
    private readonly bus: Bus,
    private readonly broker: Broker,
  ) {}

  onModuleInit(): void {
    void this.tellReconnects();
  }

  onModuleDestroy(): void {
    for (const { subscription } of this.shared.values()) subscription.unsubscribe();
    this.shared.clear();
  }

  /**
   * Listens until the returned function is called. What is published after a query that was asked later has been answered is never
   * missed: the broker reads both from one connection, in order.
   */
  listen(subject: string, listener: LiveListener): () => void {
    const shared = this.shared.get(subject) ?? this.subscribe(subject);
    shared.listeners.add(listener);
    return () => {
      shared.listeners.delete(listener);
      if (shared.listeners.size > 0 || this.shared.get(subject) !== shared) return;
      this.shared.delete(subject);
      shared.subscription.unsubscribe();
    };
  }

  /** Calls `listener` whenever the broker was away and is back; returns how to stop that. */
  onReconnect(listener: () => void): () => void {
    this.reconnectListeners.add(listener);
    return () => this.reconnectListeners.delete(listener);
  }

  private subscribe(subject: string): Shared {
    const listeners = new Set<LiveListener>();
    const subscription = this.bus.subscribe(
      subject,
      ({ payload }) => {
        for (const listener of listeners) listener.onMessage(payload);
      },
      {
        onDropped: (count) => {
          for (const listener of listeners) listener.onDropped?.(count);
        },
      },
    );
    const shared = { subscription, listeners };
    this.shared.set(subject, shared);
    return shared;
  }

  private async tellReconnects(): Promise<void> {
    for await (const status of this.broker.connection.status()) {
      if (status.type !== 'reconnect') continue;
      for (const listener of this.reconnectListeners) listener();
      for (const { listeners } of this.shared.values()) {
        for (const listener of listeners) listener.onReconnect();
      }
    }
  }
}

const SPREAD_MS = 1_000;

/** How long one of many readers waits before it asks for what it missed, so that they do not all ask at the same moment. */
export function spread(): number {
  return Math.random() * SPREAD_MS;
}
