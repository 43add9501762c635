import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import type { LiveLine } from '@slipway/contracts';
import { Broker, Bus, logSubject } from '@slipway/messaging';
import { failpoint } from '@slipway/runtime';

import type { FollowedApp } from './app-follow.js';

const LOOK_AGAIN_MS = 100;
/** What may lie between us and the broker. */
const UNCONFIRMED_BYTES = 256 * 1024;
/** What a line has beside its message, about. */
const OVERHEAD_BYTES = 300;

/** Owns the way of lines to the broker: they wait while it is away, and never pile up in front of it. */
@Injectable()
export class LinePublisher {
  private unconfirmed = 0;

  constructor(
    private readonly bus: Bus,
    private readonly broker: Broker,
  ) {}

  /** Resolves when the line is on its way; drops it only when `signal` aborts before. */
  async publish({ appId, environmentId }: FollowedApp, line: LiveLine, signal: AbortSignal): Promise<void> {
    while (!this.bus.connected && !signal.aborted)
      await sleep(LOOK_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    await failpoint('logs.after-read-before-publish');
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
  end({ appId, environmentId }: Omit<FollowedApp, 'namespace'>): void {
    const line: LiveLine = { kind: 'end' };
    this.bus.emit(logSubject({ environment: environmentId, app: appId, pod: '', container: '' }), line);
  }
}
