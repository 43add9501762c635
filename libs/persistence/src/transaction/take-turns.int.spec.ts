import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createDataSource } from '../database/data-source.js';
import { partsOf, startDatabase, type TestDatabase } from '../fixture/database.js';
import { takeTurns } from './take-turns.js';
import type { Transactions } from './transactions.js';

describe('takeTurns', () => {
  let database: TestDatabase;
  let own: Transactions;
  let others: Transactions;
  let close: () => Promise<void>;

  beforeAll(async () => {
    database = await startDatabase();
    const publisher = { publish: () => Promise.resolve() };
    own = partsOf(await database.connect(), publisher).transactions;
    const owner = createDataSource({ service: 'logs', databaseUrl: database.ownerUrl });
    await owner.initialize();
    await owner.query('create schema logs');
    others = partsOf(owner, publisher).transactions;
    close = () => owner.destroy();
  });
  afterAll(async () => {
    await close();
    await database.drop();
  });

  /** Whether a transaction that names these is there while one of this service that names `held` is open. */
  const passes = async (transactions: Transactions, held: readonly string[], names: readonly string[]) => {
    const gate = new EventEmitter();
    const ended = once(gate, 'end');
    const isHeld = once(gate, 'held');
    const holding = own.run(async (tx) => {
      await takeTurns(tx, held);
      gate.emit('held');
      await ended;
    });
    await isHeld;
    const passing = transactions.run((tx) => takeTurns(tx, names)).then(() => true);
    const passed = await Promise.race([passing, delay(300, false)]);
    gate.emit('end');
    await Promise.all([holding, passing]);
    return passed;
  };

  it('makes those wait for each other that name the same', async () => {
    expect(await passes(own, ['a', 'b'], ['c', 'b'])).toBe(false);
    expect(await passes(own, ['a', 'b'], ['c'])).toBe(true);
  });

  it('makes nobody wait for another service', async () => {
    expect(await passes(others, ['a'], ['a'])).toBe(true);
  });

  it('lets no two wait for each other for ever, whatever the order of the names', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `name-${index}`);
    const runs = Array.from({ length: 20 }, (_, run) =>
      own.run((tx) => takeTurns(tx, run % 2 === 0 ? names : names.toReversed())),
    );
    await expect(Promise.all(runs)).resolves.toHaveLength(20);
  });
});
