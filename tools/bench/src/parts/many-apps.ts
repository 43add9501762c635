// Makes Apps in numbers that would take a route minutes: the rows of one that Slipway has made itself, under ids, names and hosts of their own.
// What is encrypted is encrypted anew, since a ciphertext opens only where it stands. No fact is told of them, and nothing wakes the reconciler.
import { randomUUID } from 'node:crypto';

import type { Instance } from './instance.js';

const BATCH = 5_000;

export interface ManyApps {
  readonly instance: Instance;
  /** Of the App whose rows are multiplied. */
  readonly id: string;
  /** How many there are in the end, the first one included. */
  readonly count: number;
}

/** All of them, in the order of lists. Two at a time were made at the same moment. */
export async function multiplyApp({ instance, id, count }: ManyApps): Promise<readonly string[]> {
  const first = await rowOf(instance, id);
  const encryption = instance.encryptionOf('deployments');
  const place = (appId: string) => ({ table: 'revision', id: `${appId}/${first.revision}`, column: 'containers' });
  const containers = JSON.parse(encryption.decrypt(place(id), first.containers)) as object[];
  const apps = Array.from({ length: count - 1 }, (_, index) => ({
    id: randomUUID(),
    createdMs: first.createdMs - 1_000 * Math.floor(index / 2),
    name: `${first.name}-${index}`,
  }));
  const rowsOf = ({ id, name, createdMs }: (typeof apps)[number]) => {
    const environmentId = randomUUID();
    const namespace = `${first.namespace.slice(0, first.namespace.lastIndexOf(first.name))}${name}-${id.slice(0, 8)}`;
    const host = first.host.replace(first.name, name);
    const created = new Date(createdMs).toISOString();
    const own = JSON.stringify(containers.map((one) => ({ ...one, id: randomUUID() })));
    return {
      environment: { id: environmentId, name: namespace, namespace },
      app: { id, environment_id: environmentId, name, host, created_at: created },
      revision: { app_id: id, created_at: created, containers: encryption.encrypt(place(id), own) },
      workload: { app_id: id, environment_id: environmentId, name },
      host: { app_id: id, host },
    };
  };
  for (let from = 0; from < apps.length; from += BATCH) {
    const rows = apps.slice(from, from + BATCH).map(rowsOf);
    for (const table of ['environment', 'app', 'revision', 'workload', 'host'] as const) {
      const key = { environment: 'id', app: 'id', revision: 'app_id', workload: 'app_id', host: 'app_id' }[table];
      await instance.sql(
        `insert into deployments.${table} select made.* from deployments.${table} as one
          cross join jsonb_array_elements($2::jsonb) as own
          cross join lateral jsonb_populate_record(one, own) as made
          where one.${key} = $1`,
        [table === 'environment' ? first.environmentId : id, JSON.stringify(rows.map((row) => row[table]))],
      );
    }
  }
  // What PostgreSQL would do by itself a minute later.
  await instance.sql('vacuum (analyze)');
  return [{ id, createdMs: first.createdMs }, ...apps].sort(newestFirst).map((app) => app.id);
}

interface First {
  readonly name: string;
  readonly namespace: string;
  readonly host: string;
  readonly environmentId: string;
  readonly revision: number;
  readonly containers: string;
  readonly createdMs: number;
}

async function rowOf(instance: Instance, id: string): Promise<First> {
  const [row] = await instance.sql<First>(
    `select app.name, namespace, host, environment_id as "environmentId", app.revision, containers,
        extract(epoch from app.created_at)::float8 * 1000 as "createdMs"
      from deployments.app join deployments.environment on environment.id = environment_id
        join deployments.revision on app_id = app.id and number = app.revision
      where app.id = $1`,
    [id],
  );
  if (!row) throw new Error(`there is no App ${id}`);
  return row;
}

interface Listed {
  readonly id: string;
  readonly createdMs: number;
}

function newestFirst(one: Listed, other: Listed): number {
  return other.createdMs - one.createdMs || (one.id < other.id ? 1 : -1);
}
