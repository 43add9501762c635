// Waits until nothing happens any more, without touching anything. Taking too long is a failure of the system, not of the run.
import { setTimeout as delay } from 'node:timers/promises';

import type { Rig } from '../rig/rig.js';
import { unsettled } from './broker.js';
import { OUTBOXES } from './rows.js';

const SNAPSHOT_PAUSE_MS = 5_000;
const ASK_EVERY_MS = 500;
/** What a process held when it ended is free after half a minute, and a first retry is due after a few seconds. */
const SOON_S = 60;

/** @returns what was still going on when the time was up; empty when all is quiet */
export async function quiescence(rig: Rig, timeoutMs: number): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let left = await busy(rig).catch((error: unknown) => [`the world could not be asked: ${String(error)}`]);
    if (left.length === 0) {
      const before = await snapshot(rig);
      await delay(SNAPSHOT_PAUSE_MS);
      const [after, still] = [await snapshot(rig), await busy(rig)];
      if (before === after && still.length === 0) return [];
      left =
        still.length > 0 ? still : [`two looks ${SNAPSHOT_PAUSE_MS / 1000} s apart differ: ${before} and ${after}`];
    }
    if (performance.now() > deadline) return left;
    await delay(ASK_EVERY_MS);
  }
}

async function busy(rig: Rig): Promise<string[]> {
  const left: string[] = [];
  for (const replica of rig.replicas) if (!(await replica.isReady())) left.push(`${replica.name} is not ready`);
  for (const schema of OUTBOXES) {
    const [row] = await rig.database.sql<{ count: number }>(
      `select count(*)::int as count from ${schema}.outbox where sent_at is null`,
    );
    if (row && row.count > 0) left.push(`${row.count} rows of the outbox of ${schema} have not been sent`);
  }
  left.push(...(await unsettled(rig)));
  const due = await rig.database.sql<{ text: string }>(`
    select 'a delivery to ' || "endpointId" || ' is due' as text
      from notifications.delivery where "nextAttemptAt" <= now() + interval '${SOON_S} s'
    union all
    select 'the app ' || name || ' is ' || phase || ' (' || reason || '), generation ' || observed_generation || ' of ' || generation
      from deployments.app
     where generation <> observed_generation or phase not in ('running', 'stopped', 'failed')`);
  return [...left, ...due.map(({ text }) => text)];
}

async function snapshot(rig: Rig): Promise<string> {
  const [row] = await rig.database.sql<{ text: string }>(`
    select concat_ws(' ',
      (select count(*) || '/' || sum(version) || '/' || sum(ready_replicas) || '/' || count(distinct phase) from deployments.app),
      (select count(*) from deployments.revision), (select count(*) from deployments.outbox), (select count(*) from identity.outbox),
      (select count(*) from logs.activity), (select count(*) from notifications.feed_entry),
      (select count(*) || '/' || sum(attempts) from notifications.delivery), (select count(*) from catalog.environment)) as text`);
  const writes = rig.cluster.writes().filter(({ resource }) => resource !== 'leases').length;
  const retries = rig.replicas.reduce((sum, replica) => sum + replica.retries.length, 0);
  return `${row?.text} ${writes} ${retries}`;
}
