import { randomUUID } from 'node:crypto';

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { operations, ServiceName, type AnyQuery } from '@slipway/contracts';
import { Bus } from '@slipway/messaging';

import { isUnavailable } from './core-client.js';

/** The services without which no dialect works. */
const WATCHED: readonly ServiceName[] = [
  ServiceName.identity,
  ServiceName.catalog,
  ServiceName.deployments,
  ServiceName.logs,
  ServiceName.notifications,
];
const ASK_EVERY_MS = 3_000;
const SILENT_AFTER_MS = 10_000;
const ANSWER_WITHIN_MS = 2_000;

/**
 * Knows which services answer. It asks each one a question of the contract with nothing in it: a refusal is an answer too, so that no
 * protocol of its own is needed.
 */
@Injectable()
export class ServiceWatch implements OnModuleInit, OnModuleDestroy {
  private readonly heardAt = new Map<ServiceName, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly bus: Bus) {}

  onModuleInit(): void {
    // A service that was never heard counts as silent from the start on, as one that has just been lost does later.
    this.timer = setInterval(() => void this.askAll(), ASK_EVERY_MS);
    void this.askAll();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** What keeps the gateway from working: nothing when all is well. */
  async missing(): Promise<readonly string[]> {
    if (!this.bus.connected) return ['nats'];
    const silent = (): ServiceName[] => WATCHED.filter((service) => this.isSilent(service));
    // Right after a start the clock has not asked yet, or had nobody to ask.
    await Promise.all(silent().map((service) => this.ask(service)));
    return silent();
  }

  private isSilent(service: ServiceName): boolean {
    return Date.now() - (this.heardAt.get(service) ?? 0) > SILENT_AFTER_MS;
  }

  private async askAll(): Promise<void> {
    if (this.bus.connected) await Promise.all(WATCHED.map((service) => this.ask(service)));
  }

  private async ask(service: ServiceName): Promise<void> {
    const query = operations.find((one): one is AnyQuery => one.kind === 'query' && one.service === service);
    if (!query) return;
    try {
      await this.bus.query(query, {}, { correlationId: randomUUID(), timeoutMs: ANSWER_WITHIN_MS });
      this.heardAt.set(service, Date.now());
    } catch (error) {
      if (!isUnavailable(error)) this.heardAt.set(service, Date.now());
    }
  }
}
