// This dialect promises states: a stop answers `stopped`. Commands answer at their commit, so the state is waited for afterwards, up to
// a bound; then the answer says what is true. A replayed command is observed again.
import { Injectable } from '@nestjs/common';
import { awaitApp, type AppView, type AwaitedApp, type AwaitApp } from '@slipway/contracts';

import { CoreClient, isUnavailable } from '../../core/core-client.js';
import type { HttpCall } from '../../core/http-call.js';
import { GatewayConfig } from '../../gateway.config.js';
import type { Observed } from './deployments.projection.js';
import { waitSecondsOf } from './preconditions.js';

/** The original's test client gives up after ten seconds. */
const DELETE_WAIT_MS = 8_000;
/** What the way there and back may add to the wait. */
const TRANSIT_MS = 3_000;

@Injectable()
export class Observation {
  constructor(
    private readonly core: CoreClient,
    private readonly config: GatewayConfig,
  ) {}

  /** Waits OBSERVE_WAIT_MS, or what Prefer asks for. @throws Refusal not_found once it is being deleted, since nothing of the change is left */
  async until(call: HttpCall, app: AppView, state: 'running' | 'stopped'): Promise<Observed> {
    const awaited = await this.wait(call, app, state, this.config.observeWaitMs);
    return { app: awaited.app ?? app, reached: awaited.reached };
  }

  async untilGone(call: HttpCall, app: AppView): Promise<AwaitedApp> {
    return this.wait(call, app, 'gone', DELETE_WAIT_MS);
  }

  private async wait(call: HttpCall, app: AppView, until: AwaitApp['until'], defaultMs: number): Promise<AwaitedApp> {
    const preferred = waitSecondsOf(call.header('prefer'));
    if (preferred !== undefined) call.set('Preference-Applied', `wait=${preferred}`);
    const timeoutMs = preferred === undefined ? defaultMs : preferred * 1000;
    const { id, generation } = app;
    const { namespace } = app.environment;
    try {
      return await this.core.query(
        call,
        awaitApp,
        { id, generation, until, timeoutMs, ...(until === 'gone' && { namespace }) },
        { timeoutMs: timeoutMs + TRANSIT_MS },
      );
    } catch (error) {
      // The change is committed, so the answer is a success, whatever can be seen of it.
      if (isUnavailable(error)) return { app, reached: false };
      throw error;
    }
  }
}
