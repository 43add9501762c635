import pg from 'pg';

import { isStalePlan } from './database-errors.js';

/** More different texts than a service's code has; what comes on top of them is planned each time, and no connection grows without end. */
const MAX_STATEMENTS = 500;

/**
 * The client class of one pool: a statement with parameters is prepared under a name, so that PostgreSQL parses and plans it once for each
 * connection and not once for each call. A name is of its text, and the same on every connection of the pool.
 */
export function preparingClient(): typeof pg.Client {
  const names = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_STATEMENTS) return known;
    const name = `slipway_${names.size + 1}`;
    names.set(text, name);
    return name;
  };
  return class PreparingClient extends pg.Client {
    // The many forms of `query` are pg's; TypeORM calls one of them.
    private readonly ask = super.query.bind(this) as (...given: unknown[]) => Promise<unknown>;

    override query = ((text: unknown, values?: unknown, ...rest: unknown[]) => {
      if (typeof text !== 'string' || !Array.isArray(values) || values.length === 0) {
        return this.ask(text, values, ...rest);
      }
      return this.ask({ name: nameOf(text), text, values }, ...rest).catch((error: unknown) => {
        // Either would fail again and again here; the pool drops a connection that is ending.
        if (isUnprepared(error) || isStalePlan(error)) void this.end();
        throw error;
      });
    }) as pg.Client['query'];
  };
}

/** Not PostgreSQL's own word: after values that cannot be sent, pg takes a statement for prepared that is not. */
const isUnprepared = (error: unknown): boolean => !(error instanceof pg.DatabaseError);
