// Owns the judgement that this process has more to do than it gets done: each turn of its event loop comes late. One long turn is none, such as
// a pause of the machine or a start, so the mean of a second counts, and only when three such seconds follow each other.
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

const RESOLUTION_MS = 20;
const PERIOD_MS = 1_000;
const LATE_MS = 200;
const LATE_PERIODS = 3;

@Injectable()
export class LoopLag implements OnModuleInit, OnModuleDestroy {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly lateness = new Lateness();
  private timer: NodeJS.Timeout | undefined;

  onModuleInit(): void {
    this.delay.enable();
    this.timer = setInterval(() => {
      // What it holds is the time between two looks, the pause included that it makes between them.
      this.lateness.note(this.delay.mean / 1e6 - RESOLUTION_MS);
      this.delay.reset();
    }, PERIOD_MS);
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.delay.disable();
  }

  /** Whether what comes in now should come again later. */
  get isSustained(): boolean {
    return this.lateness.isSustained;
  }
}

/** Counts the periods in which turns came late, from one in which they did not. */
export class Lateness {
  private latePeriods = 0;

  /** `meanMs`: how late the turns of a period came; NaN when it was over before there were two. */
  note(meanMs: number): void {
    this.latePeriods = meanMs <= LATE_MS ? 0 : this.latePeriods + 1;
  }

  get isSustained(): boolean {
    return this.latePeriods >= LATE_PERIODS;
  }
}
