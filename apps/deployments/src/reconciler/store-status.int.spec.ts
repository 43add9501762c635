import { appPhaseChanged, deleteApp, stopApp } from '@slipway/contracts';
import { Transactions } from '@slipway/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Observation } from '../app/app.js';
import { AppQueries, type FoundApp } from '../app/app.queries.js';
import { type Fixture, startFixture } from '../fixture/deployments.js';
import { StoreStatus } from './store-status.js';

describe('StoreStatus', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
    // What is stored here must not be overtaken by what is really there.
    await fixture.stopCluster();
  });
  afterAll(() => fixture.close());

  const seen: Observation = {
    phase: 'running',
    reason: '',
    message: '',
    counts: { desired: 1, ready: 1, updated: 1, available: 1 },
    restarts: 0,
  };
  const store = (pass: FoundApp, what: Observation): Promise<void> =>
    fixture.service.app.get(StoreStatus).seen(pass, what, { followed: true, routed: true });
  const read = async (id: string): Promise<FoundApp> => {
    const queries = fixture.service.app.get(AppQueries);
    const found = await fixture.service.app.get(Transactions).read((reader) => queries.findAny(reader, id));
    if (!found) throw new Error(`no app ${id}`);
    return found;
  };
  const facts = async (id: string): Promise<string[]> =>
    (await fixture.events(appPhaseChanged, id)).map(({ from, to }) => `${from} > ${to}`);

  it('writes status, Revision and fact together', async () => {
    const { id, name } = await fixture.create();
    await store(await read(id), seen);
    const app = await fixture.get(id);
    expect(app).toMatchObject({
      status: { phase: 'running', readyOnce: true },
      url: `https://${name}.apps.example.com`,
    });
    expect(app.revision.readyAt).toBe(app.status.observedAt);
    expect(app.statusChangedAt).toBe(app.status.lastTransition);
    expect(app.version).toBe(1);
    expect(await facts(id)).toEqual(['pending > running']);
  });

  it('does not write what was seen of an older generation', async () => {
    const { id } = await fixture.create();
    const pass = await read(id);
    await fixture.execute(stopApp, { app: { id } });
    await store(pass, seen);
    expect(await fixture.get(id)).toMatchObject({ status: { phase: 'stopping', readyOnce: false } });
    expect(await facts(id)).toEqual(['pending > stopping']);
  });

  it('does not bring an App back that is being deleted', async () => {
    const { id } = await fixture.create();
    await fixture.execute(deleteApp, { app: { id } });
    await store(await read(id), seen);
    expect((await fixture.get(id)).status.phase).toBe('deleting');
    expect(await facts(id)).toEqual([]);
  });

  it('moves nothing but the time of observation when there is nothing new, for each App whose generation was seen', async () => {
    const ids = [await fixture.create(), await fixture.create(), await fixture.create()].map(({ id }) => id);
    for (const id of ids) await store(await read(id), seen);
    const [one, other, changed] = ids as [string, string, string];
    await fixture.database.query(
      `update deployments.app set observed_at = observed_at - interval '1 minute' where id = any($1)`,
      [ids],
    );
    const passes = await Promise.all(ids.map(read));
    await fixture.database.query(`update deployments.app set generation = generation + 1 where id = $1`, [changed]);
    const before = await Promise.all(ids.map(read));
    await Promise.all(passes.map((pass) => store(pass, seen)));
    const after = await Promise.all(ids.map(read));
    for (const [index, { app }] of after.entries()) {
      const was = before[index]?.app;
      expect(app).toEqual({ ...was, status: { ...was?.status, observedAt: app.status.observedAt } });
    }
    const times = (found: readonly FoundApp[]) => found.map(({ app }) => app.status.observedAt);
    const moved = ids.filter((_, index) => times(after)[index]?.getTime() !== times(before)[index]?.getTime());
    expect(moved).toEqual([one, other]);
    // A moment later it is not worth a write.
    const again = await read(one);
    await store(again, seen);
    expect(await read(one)).toEqual(again);
  });

  it('tells a phase once, and keeps the time of its transition', async () => {
    const { id } = await fixture.create();
    await store(await read(id), seen);
    const { status } = await fixture.get(id);
    await store(await read(id), { ...seen, restarts: 2 });
    const next = await fixture.get(id);
    expect(next.status).toMatchObject({ restarts: 2, lastTransition: status.lastTransition });
    expect(await facts(id)).toHaveLength(1);
  });
});
