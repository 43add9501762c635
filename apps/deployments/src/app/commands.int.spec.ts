import { randomUUID } from 'node:crypto';

import {
  countApps,
  deleteApp,
  getApp,
  getRevision,
  listApps,
  listRevisions,
  type Phase,
  restartApp,
  rollBackApp,
  scaleApp,
  setVariables,
  startApp,
  stopApp,
  updateApp,
} from '@slipway/contracts';
import { findDrift, Transactions } from '@slipway/persistence';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { actor, eventually, type Fixture, kim, lee, problemOf, startFixture } from '../fixture/deployments.js';
import { AppQueries } from './app.queries.js';

const team = { id: randomUUID(), name: 'web' };

describe('commands on Apps', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.close());

  it('keeps entities and migrations equal', async () => {
    expect(await findDrift(fixture.service.app.get(DataSource))).toEqual([]);
  });

  describe('a command that is delivered twice', () => {
    type Execute = (id: string, operationId: string) => Promise<unknown>;
    it.each<[string, Execute]>([
      [
        'updateApp',
        (id, operationId) =>
          fixture.execute(updateApp, { app: { id }, containers: [{ image: 'shop:2' }] }, { operationId }),
      ],
      [
        'scaleApp',
        (id, operationId) => fixture.execute(scaleApp, { app: { id }, replicas: 3, start: true }, { operationId }),
      ],
      ['stopApp', (id, operationId) => fixture.execute(stopApp, { app: { id } }, { operationId })],
      ['restartApp', (id, operationId) => fixture.execute(restartApp, { app: { id } }, { operationId })],
      [
        'setVariables',
        (id, operationId) =>
          fixture.execute(setVariables, { app: { id }, set: [{ name: 'N', value: '1' }], unset: [] }, { operationId }),
      ],
      ['deleteApp', (id, operationId) => fixture.execute(deleteApp, { app: { id } }, { operationId })],
    ])('%s takes effect once and answers the same, also when the App is gone', async (command, execute) => {
      // Nothing of it may come to be: what is compared is what the commands did, not what followed.
      const { id } = await fixture.create({ container: { image: 'registry.example.org/missing' } });
      const operationId = randomUUID();
      const first = await execute(id, operationId);
      expect(await execute(id, operationId)).toEqual(first);
      const facts = await fixture.database.query<{ subject: string }[]>(
        `select subject from deployments.outbox where payload -> 'app' ->> 'id' = $1 and envelope ->> 'causationId' is not null`,
        [id],
      );
      expect(new Set(facts.map(({ subject }) => subject)).size).toBe(facts.length);
      expect(await fixture.rows('app', 'id = $1 and version > 2', [id])).toEqual([]);
      // A client that never got the answer asks again also when all is gone.
      if (command !== 'deleteApp') await fixture.execute(deleteApp, { app: { id } });
      await eventually(async () => expect(await fixture.rows('app', 'id = $1', [id])).toEqual([]));
      expect(await execute(id, operationId)).toEqual(first);
    });

    it('is refused twice for the same reason, also when it would be accepted by now', async () => {
      const { id } = await fixture.create();
      const operationId = randomUUID();
      const input = { app: { id }, ifVersion: 2, replicas: 3, start: true };
      const refused = await problemOf(fixture.execute(scaleApp, input, { operationId }));
      await fixture.execute(updateApp, { app: { id }, description: 'version 2' });
      expect(await problemOf(fixture.execute(scaleApp, input, { operationId }))).toEqual(refused);
      expect(await fixture.get(id)).toMatchObject({ version: 2, replicas: 1 });
    });
  });

  describe('S7 visibility', () => {
    it('shows a foreign App to nobody, in no way', async () => {
      const { id } = await fixture.create();
      const app = { id };
      const calls = [
        () => fixture.query(getApp, { app }, lee),
        () => fixture.execute(updateApp, { app, description: 'mine' }, { actor: lee }),
        () => fixture.execute(scaleApp, { app, replicas: 2, start: true }, { actor: lee }),
        () => fixture.execute(startApp, { app }, { actor: lee }),
        () => fixture.execute(stopApp, { app }, { actor: lee }),
        () => fixture.execute(restartApp, { app }, { actor: lee }),
        () => fixture.execute(setVariables, { app, set: [], unset: [] }, { actor: lee }),
        () => fixture.execute(rollBackApp, { app }, { actor: lee }),
        () => fixture.query(listRevisions, { app, page: 1, limit: 1 }, lee),
        () => fixture.query(getRevision, { app, number: 1 }, lee),
        () => fixture.execute(deleteApp, { app }, { actor: lee }),
      ];
      const unknown = randomUUID();
      const absent = await problemOf(fixture.query(getApp, { app: { id: unknown } }, lee));
      for (const call of calls) {
        const refused = await problemOf(call());
        expect(refused).toEqual({ ...absent, text: absent.text.replace(unknown, id) });
      }
      expect(await fixture.get(id)).toMatchObject({ version: 1, description: '' });
      expect((await fixture.query(listApps, { page: 1, limit: 100 }, lee)).apps.map((one) => one.id)).not.toContain(id);
      expect(await fixture.query(countApps, { ownerId: kim.userId }, lee)).toEqual({ count: 0 });
    });

    it('shows an App to a member of one of its teams and to an admin', async () => {
      const { id } = await fixture.create({ teams: [team] });
      const mate = actor('mate', { teams: [{ id: randomUUID(), name: 'other' }, team] });
      expect((await fixture.get(id, mate)).teams).toEqual([team]);
      expect((await fixture.get(id, actor('root', { admin: true }))).id).toBe(id);
      expect(
        await problemOf(fixture.get(id, actor('other', { teams: [{ id: randomUUID(), name: 'web' }] }))),
      ).toMatchObject({ kind: 'not_found' });
    });
  });

  describe('listApps', () => {
    it('lists newest first, in pages, without what is being deleted', async () => {
      const pat = actor('pat');
      const made: string[] = [];
      for (let index = 0; index < 6; index++) made.unshift((await fixture.create({}, pat)).id);
      await fixture.execute(deleteApp, { app: { id: made[5] } }, { actor: pat });
      const pages = await Promise.all([1, 2, 3, 4].map((page) => fixture.query(listApps, { page, limit: 2 }, pat)));
      expect(pages.map(({ apps }) => apps.map(({ id }) => id))).toEqual([
        made.slice(0, 2),
        made.slice(2, 4),
        made.slice(4, 5),
        [],
      ]);
      expect(pages.map(({ total }) => total)).toEqual([5, 5, 5, 5]);
      expect(await fixture.query(countApps, { ownerId: pat.userId }, pat)).toEqual({ count: 5 });
    });

    it('tells those that deploy for the first time from those that start again', async () => {
      const ray = actor('ray');
      const [other, first, again] = [
        await fixture.create({}, ray),
        await fixture.create({}, ray),
        await fixture.create({}, ray),
      ];
      const queries = fixture.service.app.get(AppQueries);
      // The reconciler cannot move rows that this transaction has written.
      await fixture.service.app.get(Transactions).run(async (tx) => {
        await tx.manager.query(
          `update app set phase = case id when $1 then 'pending' else 'deploying' end, ready_once = (id = $3)
            where id in ($1, $2, $3)`,
          [other.id, first.id, again.id],
        );
        const listed = async (phases: Phase[], readyOnce?: boolean) =>
          (await queries.page(tx, ray, { phases, readyOnce, offset: 0, limit: 10 })).apps.map(({ app }) => app.id);
        expect(await listed(['deploying'])).toEqual([again.id, first.id]);
        expect(await listed(['deploying'], true)).toEqual([again.id]);
        expect(await listed(['deploying'], false)).toEqual([first.id]);
        expect(await listed(['pending', 'deploying'], true)).toEqual([again.id, other.id]);
      });
    });
  });
});
