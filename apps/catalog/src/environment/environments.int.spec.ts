import { randomUUID } from 'node:crypto';

import { type AppFacts, appCreated, appDeleted, appDeleting, namespaceRemoved } from '@slipway/contracts';
import { assertNoDrift } from '@slipway/persistence';
import { actor, appFacts, waitFor } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type CatalogUnderTest, startCatalog } from '../fixture/catalog.js';

describe('environments', () => {
  let catalog: CatalogUnderTest;
  const owner = actor();
  let app: AppFacts;

  const created = (facts = app, id?: string) =>
    catalog.deliver(appCreated, { app: facts, actor: null, revision: 1, replicas: 1 }, id);
  const deleting = (facts = app, id?: string) =>
    catalog.deliver(appDeleting, { app: { ...facts, version: facts.version + 1 }, actor: null }, id);
  const deleted = (facts = app, id?: string) =>
    catalog.deliver(appDeleted, { app: { ...facts, version: facts.version + 1 } }, id);
  const removed = ({ environment } = app, id?: string) =>
    catalog.deliver(
      namespaceRemoved,
      { environmentId: environment.id, namespace: environment.namespace, removed: true },
      id,
    );
  const rows = async (table: 'environment' | 'app_audience') =>
    catalog.dataSource.query<Record<string, unknown>[]>(`select * from ${table}`);

  beforeAll(async () => {
    catalog = await startCatalog();
  });
  afterAll(() => catalog.stop());
  beforeEach(async () => {
    await catalog.dataSource.query(`delete from environment`);
    await catalog.dataSource.query(`delete from app_audience`);
    app = appFacts(owner.userId, { name: 'shop' });
  });

  it('have tables as the entities say', () => assertNoDrift(catalog.dataSource));

  it('are recorded when an App with one of its own is made, as the broker tells', async () => {
    await catalog.publish(appCreated, { app, actor: null, revision: 1, replicas: 1 });
    await waitFor(async () => (await catalog.list(owner)).length > 0);
    expect(await catalog.get(owner, 'shop')).toMatchObject({
      id: app.environment.id,
      name: 'shop',
      namespace: 'shop',
      kind: 'dedicated',
      ownerId: owner.userId,
      version: 1,
    });
  });

  it('are absent while the App is being deleted, with their names still taken', async () => {
    await created();
    await deleting();
    expect(await catalog.list(owner)).toEqual([]);
    expect(await rows('environment')).toMatchObject([{ name: 'shop', state: 'deleting', version: 2 }]);
    await expect(created(appFacts(owner.userId, { name: 'shop' }))).rejects.toThrow('environment_name_key');
  });

  it('are gone with the namespace, and their names free', async () => {
    await created();
    await deleting();
    await deleted();
    await removed();
    expect(await rows('environment')).toEqual([]);
    expect(await rows('app_audience')).toEqual([]);
    await created(appFacts(owner.userId, { name: 'shop' }));
    expect(await catalog.list(owner)).toEqual(['shop']);
  });

  it('stay as they are when an event is delivered twice', async () => {
    const id = randomUUID();
    await created(app, id);
    await deleting();
    const before = await rows('environment');
    await created(app, id);
    await created(app, randomUUID());
    await deleting();
    expect(await rows('environment')).toEqual(before);
  });

  it.each(permutations([0, 1, 2, 3]))(
    'end up gone when the events arrive in the order %i %i %i %i',
    async (...order) => {
      const steps = [created, deleting, deleted, removed];
      for (const step of order) await steps[step]?.();
      expect(await rows('environment')).toEqual([]);
      expect(await rows('app_audience')).toEqual([]);
    },
  );

  it('end up gone when all events arrive at once', async () => {
    await Promise.all([removed(), created(), deleted(), deleting()]);
    expect(await rows('environment')).toEqual([]);
    expect(await rows('app_audience')).toEqual([]);
  });

  it('know who sees an App as of its newest event, whatever comes later', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const withTeam = (id: string, version: number) => ({ ...app, teams: [{ id, name: 'team' }], version });
    await created(withTeam(first, 1));
    await deleting(withTeam(second, 3));
    await created(withTeam(first, 2));
    expect(await rows('app_audience')).toMatchObject([{ team_ids: [second], version: 4 }]);
  });

  it('are not made from an App in an Environment that others share', async () => {
    await created({ ...app, environment: { ...app.environment, kind: 'owned' } });
    expect(await rows('environment')).toEqual([]);
    expect(await rows('app_audience')).toMatchObject([{ app_id: app.id, environment_id: app.environment.id }]);
  });

  describe('are seen by', () => {
    const team = { id: randomUUID(), name: 'shopkeepers' };

    it.each([
      ['their owner', owner, ['shop']],
      ['a stranger', actor(), []],
      ['a member of a team that the App is shared with', actor({ teams: [team] }), ['shop']],
      ['a member of another team', actor({ teams: [{ id: randomUUID(), name: 'others' }] }), []],
      ['an admin', actor({ admin: true }), ['shop']],
    ])('%s: %#', async (_who, caller, names) => {
      await created({ ...app, teams: [team] });
      expect(await catalog.list(caller)).toEqual(names);
      const got = catalog.get(caller, 'shop');
      if (names.length > 0) expect(await got).toMatchObject({ name: 'shop' });
      else await expect(got).rejects.toMatchObject({ problem: { kind: 'not_found', noun: 'environment' } });
    });

    it('nobody without a credential', async () => {
      await created();
      await expect(catalog.list()).rejects.toMatchObject({ problem: { kind: 'unauthenticated' } });
    });

    it('their owner in the order of their names', async () => {
      for (const name of ['zoo', 'ant', 'mole']) await created(appFacts(owner.userId, { name }));
      expect(await catalog.list(owner)).toEqual(['ant', 'mole', 'zoo']);
    });

    it('an admin, but not one without an App that another owns', async () => {
      await created();
      await catalog.dataSource.query(`delete from app_audience`);
      expect(await catalog.list(actor({ admin: true }))).toEqual([]);
      expect(await catalog.list(owner)).toEqual(['shop']);
    });
  });
});

function permutations(items: number[]): number[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}
