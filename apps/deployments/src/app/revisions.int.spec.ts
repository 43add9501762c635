import {
  appUpdated,
  deleteApp,
  getApp,
  getRevision,
  listRevisions,
  rollBackApp,
  setVariables,
  updateApp,
} from '@slipway/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Fixture, kim, problemOf, startFixture } from '../fixture/deployments.js';

describe('commands on Apps', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.close());

  describe('revisions', () => {
    it('are listed newest first in pages, each with what it held, and an older one comes back as a new one', async () => {
      const { id } = await fixture.create({ container: { variables: [{ name: 'A', value: '1' }] } });
      await fixture.execute(updateApp, { app: { id }, containers: [{ image: 'shop:2', variables: [] }] });
      await fixture.execute(setVariables, { app: { id }, set: [{ name: 'B', value: '2' }], unset: [] });
      const list = await fixture.query(listRevisions, { app: { id }, page: 1, limit: 2 });
      expect(list).toMatchObject({
        total: 3,
        revisions: [
          { revision: { number: 3, cause: 'variables', createdBy: kim.userId }, image: 'shop:2', current: true },
          { revision: { number: 2, cause: 'update' }, image: 'shop:2', current: false },
        ],
      });
      const second = await fixture.query(listRevisions, { app: { id }, page: 2, limit: 2 });
      expect(second.revisions.map(({ revision }) => revision.number)).toEqual([1]);
      expect(await fixture.query(getRevision, { app: { id }, number: 1 })).toMatchObject({
        current: false,
        containers: [{ image: 'registry.example.org/shop:1', variables: [{ name: 'A', value: '1' }] }],
      });

      const before = await fixture.execute(rollBackApp, { app: { id } });
      expect(before).toMatchObject({
        changed: true,
        rolledBackTo: 2,
        app: { revision: { number: 4, cause: 'rollback' } },
      });
      const { app } = await fixture.execute(rollBackApp, { app: { id }, ifVersion: 4, revision: 1 });
      expect(app).toMatchObject({ version: 5, revision: { number: 5, cause: 'rollback', readyAt: null } });
      expect(await fixture.query(getApp, { app: { id }, include: ['variables'] })).toMatchObject({
        containers: [{ image: 'registry.example.org/shop:1', variables: [{ name: 'A', value: '1' }] }],
      });
      expect(await fixture.events(appUpdated, id)).toMatchObject([
        { changes: ['image', 'variables'], cause: 'update' },
        { changes: ['variables'], cause: 'variables' },
        { changes: ['variables'], cause: 'rollback' },
        { changes: ['image', 'variables'], revision: 5, cause: 'rollback' },
      ]);
    });

    it('are not there beyond the last fifty, nor of an App that is being deleted', async () => {
      const { id } = await fixture.create();
      for (let number = 2; number <= 52; number += 1)
        await fixture.execute(updateApp, { app: { id }, containers: [{ image: `shop:${number}` }] });
      const { total } = await fixture.query(listRevisions, { app: { id }, page: 1, limit: 1 });
      expect(total).toBe(50);
      const absent = { kind: 'not_found', noun: 'revision' };
      for (const number of [2, 2 ** 31, Number.MAX_SAFE_INTEGER])
        expect(await problemOf(fixture.query(getRevision, { app: { id }, number }))).toMatchObject(absent);
      expect(await problemOf(fixture.execute(rollBackApp, { app: { id }, revision: 2 }))).toMatchObject(absent);
      await fixture.execute(deleteApp, { app: { id } });
      const gone = { kind: 'not_found', noun: 'app' };
      expect(await problemOf(fixture.query(listRevisions, { app: { id }, page: 1, limit: 1 }))).toMatchObject(gone);
      expect(await problemOf(fixture.query(getRevision, { app: { id }, number: 52 }))).toMatchObject(gone);
    }, 60_000);

    it('are refused to roll back to where it is, or before the first', async () => {
      const { id } = await fixture.create();
      const refused = { kind: 'conflict', code: 'revision_current' };
      expect(await problemOf(fixture.execute(rollBackApp, { app: { id } }))).toMatchObject(refused);
      expect(await problemOf(fixture.execute(rollBackApp, { app: { id }, revision: 1 }))).toMatchObject(refused);
      expect(await fixture.get(id)).toMatchObject({ version: 1, revision: { number: 1 } });
    });
  });
});
