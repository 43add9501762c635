import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { AppId, LiveLine } from '@slipway/contracts';
import { Broker, Bus, logSubject } from '@slipway/messaging';
import { failpoint } from '@slipway/runtime';

import type { FollowedApp } from './app-follow.js';

const LOOK_AGAIN_MS = 100;
/** What may lie between us and the broker. */
const UNCONFIRMED_BYTES = 256 * 1024;
/** What a line has beside its message, about. */
const OVERHEAD_BYTES = 300;

type Subject = Omit<FollowedApp, 'namespace'>;

/**
 * Owns the way of lines to the broker: they wait while it is away, and never pile up in front of it. What was on its way when the
 * connection broke is lost, so an App's readers are told of a break before the first line that follows.
 */
@Injectable()
export class LinePublisher implements OnModuleInit {
  private unconfirmed = 0;
  /** The connection on which the readers of each App have been told. */
  private readonly told = new Map<AppId, { readonly app: Subject; connection?: string }>();

  constructor(
    private readonly bus: Bus,
    private readonly broker: Broker,
  ) {}

  onModuleInit(): void {
    void this.tellBreaks();
  }

  /** Lines of the App will come, perhaps after others that somebody else has published or nobody. */
  begin(app: Subject): void {
    this.told.set(app.appId, { app });
    this.tellBreak(app.appId);
  }

  forget(appId: AppId): void {
    this.told.delete(appId);
  }

  /** Resolves when the line is on its way; drops it only when `signal` aborts before. */
  async publish({ appId, environmentId }: FollowedApp, line: LiveLine, signal: AbortSignal): Promise<void> {
    while (!this.bus.connected && !signal.aborted)
      await sleep(LOOK_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    await failpoint('logs.after-read-before-publish');
    this.tellBreak(appId);
    const { pod, container } = line;
    this.bus.emit(
      logSubject({ environment: environmentId, app: appId, pod: pod ?? '', container: container ?? '' }),
      line,
    );
    this.unconfirmed += OVERHEAD_BYTES + (line.message?.length ?? 0);
    if (this.unconfirmed < UNCONFIRMED_BYTES) return;
    this.unconfirmed = 0;
    // A connection that breaks here is noticed by the next line.
    await this.broker.connection.flush().catch(() => undefined);
  }

  /** The App is gone: its readers hear it once. */
  end(app: Subject): void {
    this.forget(app.appId);
    this.emit(app, { kind: 'end' });
  }

  // A quiet App has no line that would bring the news.
  private async tellBreaks(): Promise<void> {
    for await (const { type } of this.broker.connection.status()) {
      if (type !== 'reconnect') continue;
      for (const appId of this.told.keys()) this.tellBreak(appId);
    }
  }

  private tellBreak(appId: AppId): void {
    const told = this.told.get(appId);
    if (!told || !this.bus.connected) return;
    const { server_id, client_id } = this.broker.connection.info ?? {};
    const connection = `${server_id} ${client_id}`;
    if (told.connection === connection) return;
    told.connection = connection;
    this.emit(told.app, { kind: 'break' });
  }

  private emit({ appId, environmentId }: Subject, line: LiveLine): void {
    this.bus.emit(logSubject({ environment: environmentId, app: appId, pod: '', container: '' }), line);
  }
}
