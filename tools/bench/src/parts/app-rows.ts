// What a POST of a deployment says, and the rows that it makes.
import { randomUUID } from 'node:crypto';

import { createApp } from '@slipway/contracts';

import type { Written } from '../floors/bare-api.js';
import type { Instance, User } from './instance.js';

const SCHEMA = 'bench';
const TABLES = ['environment', 'app', 'revision', 'workload', 'host', 'inbox', 'outbox'];

// The name is an id, so that the rows that the floor writes are as different from each other as Slipway's.
export const bodyOf = () => ({ app_name: `a-${randomUUID()}`, image: 'nginx:1', port: 80, env_vars: { MODE: 'live' } });

/** The rows that one deployment makes, and tables for as many like them. */
export async function rowsOf(instance: Instance, user: User): Promise<readonly Written[]> {
  const { status, body } = await user.client.send('POST', '/v1/deployments', bodyOf());
  if (status !== 201) throw new Error(`a deployment: ${status} ${JSON.stringify(body)}`);
  const name = String(body.app_name);
  await instance.sql(`create schema ${SCHEMA}`);
  const rows: Written[] = [];
  for (const table of TABLES) {
    await instance.sql(`create table ${SCHEMA}.${table} (like deployments.${table} including all)`);
    const found = await instance.sql<{ row: Record<string, unknown> }>(
      // Named in every one of them, but for those whose content is encrypted.
      `select to_jsonb(one) - 'position' as row from deployments.${table} as one
        where one::text like '%' || $1 || '%' or $2 in (to_jsonb(one) ->> 'app_id', to_jsonb(one) ->> 'subject')`,
      [name, table === 'inbox' ? createApp.subject : String(body.id)],
    );
    if (found.length === 0) throw new Error(`a deployment writes nothing into ${table}`);
    // Renewed for each transaction, as every id is.
    rows.push(
      ...found.map(({ row }) => ({
        table: `${SCHEMA}.${table}`,
        row: { ...row, ...(table === 'inbox' && { operation_id: randomUUID() }) },
      })),
    );
  }
  return rows;
}
