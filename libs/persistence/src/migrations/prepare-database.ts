import { Client, escapeLiteral } from 'pg';

import { quoteName, schemaOf } from '../database/database-options.js';
import { describeConnectionFault } from '../database/database-address.js';

export interface ServiceRole {
  readonly service: string;
  readonly password: string;
  /** Default: the service's name. Roles belong to the server, so tests that share one name their own. */
  readonly role?: string;
}

// A process that freezes inside a transaction must not commit when it wakes, long after its caller has given up.
const STATEMENT_TIMEOUT = '10s';
const IDLE_IN_TRANSACTION_TIMEOUT = '5s';

/**
 * Makes a schema and a role for each service, or brings them to their state: password, time-outs, and rights to read and write rows in
 * its own schema and nowhere else. The tables stay the owner's, so `migrate` has to be run by the same owner. Safe to repeat and to
 * run twice at once.
 * @throws Error of one sentence when the database cannot be reached or the owner may not make roles
 */
export async function prepareDatabase(ownerUrl: string, services: readonly ServiceRole[]): Promise<void> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'slipway migrate' });
  try {
    await client.connect();
  } catch (error) {
    throw new Error(describeConnectionFault(error, ownerUrl), { cause: error });
  }
  try {
    await client.query(`select pg_advisory_lock(hashtextextended('slipway:prepare', 0))`);
    for (const service of services) await prepareService(client, service);
  } finally {
    await client.end();
  }
}

async function prepareService(client: Client, { service, password, role = service }: ServiceRole): Promise<void> {
  const name = quoteName(role);
  const schema = quoteName(schemaOf(service));
  const { rows } = await client.query<{ database: string; owner: string; exists: boolean }>(
    `select current_database() as database, current_user as owner, exists (select from pg_roles where rolname = $1) as exists`,
    [role],
  );
  const [{ database, owner, exists } = { database: '', owner: '', exists: false }] = rows;
  if (owner === role)
    throw new Error(`The owner of the database is called ${role}, which is the name of a service. Use another owner.`);
  try {
    await client.query(`${exists ? 'alter' : 'create'} role ${name} login password ${escapeLiteral(password)}`);
    await client.query(`alter role ${name} set statement_timeout = '${STATEMENT_TIMEOUT}'`);
    await client.query(`alter role ${name} set idle_in_transaction_session_timeout = '${IDLE_IN_TRANSACTION_TIMEOUT}'`);
  } catch (error) {
    if (Reflect.get(Object(error), 'code') !== '42501') throw error;
    throw new Error(
      `The database user ${owner} may not make roles. Give it CREATEROLE, or use the owner of the database.`,
      {
        cause: error,
      },
    );
  }
  await client.query(`create schema if not exists ${schema}`);
  await client.query(`grant connect on database ${quoteName(database)} to ${name}`);
  await client.query(`grant usage on schema ${schema} to ${name}`);
  for (const [rights, kind] of [
    ['select, insert, update, delete', 'tables'],
    ['usage, select', 'sequences'],
  ] as const) {
    await client.query(`grant ${rights} on all ${kind} in schema ${schema} to ${name}`);
    await client.query(`alter default privileges in schema ${schema} grant ${rights} on ${kind} to ${name}`);
  }
}
