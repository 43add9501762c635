// F4: the database is stopped the hard and the quick way, turns read-only, loses its sessions, has no connection left, or is locked for long.
import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from 'pg';

import type { Tenant } from '../driver/tenant.js';
import type { Random } from '../random.js';
import type { Rig } from '../rig/rig.js';
import { lane, type PlanFaults, untilAllReady } from './fault.js';

export const DATABASE_BACK = 'ready again after the database came back';

type Act = (rig: Rig, lastsMs: number, reader: Tenant) => Promise<void>;

const [RESTART, SESSIONS, LOCK] = ['fast restart', 'sessions ended', 'table locked'];
/** Over as soon as they have been done. */
const AT_ONCE: readonly string[] = [RESTART, SESSIONS];

const acts: Readonly<Record<string, Act>> = {
  'stop immediate': async (rig, lastsMs) => {
    await rig.database.end('immediate');
    await delay(lastsMs);
    await rig.database.start();
  },
  [RESTART]: async (rig) => {
    await rig.database.end('fast');
    await rig.database.start();
  },
  'read-only': async (rig, lastsMs, reader) => {
    const client = await rig.database.connect();
    const readOnly = async (on: boolean): Promise<void> => {
      await client.query(`set default_transaction_read_only = off`);
      await client.query(`alter system set default_transaction_read_only = ${on ? 'on' : 'off'}`);
      await client.query(`select pg_reload_conf()`);
    };
    try {
      await readOnly(true);
      await delay(lastsMs / 2);
      await readsGoOn(rig, reader);
      await delay(lastsMs / 2);
    } finally {
      await readOnly(false);
      await client.end();
    }
  },
  [SESSIONS]: async (rig) => {
    await rig.database.sql(`
      select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`);
  },
  'no connection left': async (rig, lastsMs) => {
    const taken: Client[] = [];
    try {
      // One at a time, until the server has none for us; a service that comes back meanwhile finds none either.
      for (;;) taken.push(await rig.database.connect());
    } catch (error) {
      if (taken.length === 0) throw error;
      await delay(lastsMs);
    } finally {
      await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
    }
  },
  [LOCK]: async (rig, lastsMs) => {
    const client = await rig.database.connect();
    try {
      await client.query(`begin; lock table deployments.app in access exclusive mode`);
      await delay(lastsMs);
      await client.query(`rollback`);
    } finally {
      await client.end();
    }
  },
};

/** A lock lasts longer than a statement may. */
const LOCKED_MS = 30_000;
const REST_MS = 3_000;

export const databaseFaults: PlanFaults = (context) => {
  const { random, tenants, count } = context;
  // Each kind in turn, so that a short run has them all.
  const names = Object.keys(acts);
  return lane(
    context,
    REST_MS,
    Array.from({ length: count }, (_, index) => {
      const name = names[index % names.length] ?? '';
      const reader = random.oneOf(tenants);
      return {
        lastsMs: lengthOf(name, random),
        text: `database: ${name}`,
        inject: async (rig, lastsMs) => {
          await allAliveUntil(rig, acts[name]?.(rig, lastsMs, reader));
          return untilAllReady(rig, DATABASE_BACK);
        },
      };
    }),
  );
};

function lengthOf(name: string, random: Random): number {
  if (name === LOCK) return LOCKED_MS;
  return AT_ONCE.includes(name) ? 0 : random.between(1_000, 8_000);
}

/** As often as an orchestrator looks before it ends a process. */
const LOOKS = 3;
const LOOK_EVERY_MS = 500;

/** @throws Error when a process is not alive, by so many looks in a row, before `act` is over; what `act` throws */
async function allAliveUntil(rig: Rig, act: Promise<void> | undefined): Promise<void> {
  let over = false;
  const ended = Promise.resolve(act).finally(() => (over = true));
  const dead = new Map<string, number>();
  // Waited for below, and a rejection has to be waited for from the start.
  ended.catch(() => undefined);
  do {
    for (const replica of rig.replicas) {
      const answer = await replica.ask('/livez');
      const looks = answer?.status === 200 ? 0 : (dead.get(replica.name) ?? 0) + 1;
      dead.set(replica.name, looks);
      if (looks >= LOOKS) throw new Error(`${replica.name} is not alive: ${answer?.status} ${answer?.text}`);
    }
    await Promise.race([ended.catch(() => undefined), delay(LOOK_EVERY_MS)]);
  } while (!over);
  await ended;
}

async function readsGoOn(rig: Rig, { credential }: Tenant): Promise<void> {
  const url = new URL('/v1/deployments', rig.gatewayUrls[0]);
  const answer = await fetch(url, { headers: { authorization: `Bearer ${credential}` } });
  if (answer.status !== 200) throw new Error(`a list was answered with ${answer.status}: ${await answer.text()}`);
}
