// F4: the database is stopped the hard and the quick way, turns read-only, loses its sessions, has no connection left, or is locked for long.
import { setTimeout as delay } from 'node:timers/promises';

import type { Client } from 'pg';

import type { Tenant } from '../driver/tenant.js';
import type { Rig } from '../rig/rig.js';
import { type PlanFaults, turns, untilAllReady } from './fault.js';

export const DATABASE_BACK = 'ready again after the database came back';

type Act = (rig: Rig, lastsMs: number, reader: Tenant) => Promise<void>;

const acts: Readonly<Record<string, Act>> = {
  'stop immediate': async (rig, lastsMs) => {
    await rig.database.end('immediate');
    await delay(lastsMs);
    await rig.database.start();
  },
  'fast restart': async (rig) => {
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
  'sessions ended': async (rig) => {
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
  'table locked': async (rig, lastsMs) => {
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

export const databaseFaults: PlanFaults = (context) =>
  turns(context, { least: 1_000, most: 8_000 }, (lastsMs, index) => {
    // Each kind in turn, so that a short run has them all.
    const names = Object.keys(acts);
    const name = names[index % names.length] ?? '';
    return {
      text: `database: ${name}, ${Math.round(lastsMs)} ms`,
      inject: async (rig) => {
        await acts[name]?.(rig, lastsMs, context.random.oneOf(context.tenants));
        const back = untilAllReady(rig, DATABASE_BACK);
        await allAlive(rig);
        return back;
      },
    };
  });

async function allAlive(rig: Rig): Promise<void> {
  for (const replica of rig.replicas) {
    const answer = await replica.ask('/livez');
    if (answer?.status !== 200) throw new Error(`${replica.name} is not alive: ${answer?.status} ${answer?.text}`);
  }
}

async function readsGoOn(rig: Rig, { credential }: Tenant): Promise<void> {
  const url = new URL('/v1/deployments', rig.gatewayUrls[0]);
  const answer = await fetch(url, { headers: { authorization: `Bearer ${credential}` } });
  if (answer.status !== 200) throw new Error(`a list was answered with ${answer.status}: ${await answer.text()}`);
}
