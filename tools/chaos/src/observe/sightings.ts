// Looks every second which operations have left facts, so that an effect which comes late is known as such.
import { setTimeout as delay } from 'node:timers/promises';

import type { RigDatabase } from '../rig/database.js';
import type { Sighting } from './world.js';

const PERIOD_MS = 1_000;
/** So far back a look goes, behind the one before: rows bear the time at which their transaction began. */
const LONGEST_TRANSACTION_MS = 60_000;

export class Sightings {
  private readonly seen = new Map<string, Sighting>();
  private lastLook = 0;
  private stopping = false;
  private readonly running: Promise<void>;

  constructor(private readonly database: RigDatabase) {
    this.running = this.watch();
  }

  async stop(): Promise<Record<string, Sighting>> {
    this.stopping = true;
    await this.running;
    await this.look();
    return Object.fromEntries(this.seen);
  }

  private async watch(): Promise<void> {
    while (!this.stopping) {
      // The database may be what the run has ended: then nothing is seen meanwhile, and nothing is claimed.
      await this.look().catch(() => undefined);
      await delay(PERIOD_MS);
    }
  }

  private async look(): Promise<void> {
    const begun = Date.now();
    const since = new Date(this.lastLook - LONGEST_TRANSACTION_MS);
    const rows = await this.database.sql<{ request: string }>(
      `select envelope->>'correlationId' as request from deployments.outbox where sent_at is null or sent_at > $1 union
       select envelope->>'correlationId' from identity.outbox where sent_at is null or sent_at > $1 union
       select name from identity.credential where kind = 'api-key' and "createdAt" > $1`,
      [since],
    );
    for (const { request } of rows) {
      const mark = markOf(request);
      if (!this.seen.has(mark)) this.seen.set(mark, { absentAt: this.lastLook });
    }
    this.lastLook = begun;
  }
}

/** The operation of a request id; the name of a key is its own mark. */
function markOf(request: string): string {
  return /^(\d+)\.\d+$/.exec(request)?.[1] ?? request;
}
