import { randomUUID } from 'node:crypto';

import {
  addDomain,
  appDeleting,
  appPhaseChanged,
  appRestarted,
  appScaled,
  appUpdated,
  deleteApp,
  getApp,
  removeDomain,
  restartApp,
  scaleApp,
  setVariables,
  startApp,
  stopApp,
  updateApp,
  verifyDomain,
} from '@slipway/contracts';
import type { Refusal } from '@slipway/messaging';
import { crowdAt } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Fixture, problemOf, startFixture } from '../fixture/deployments.js';

describe('commands on Apps', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture({ MAX_REPLICAS: '10' });
  });
  afterAll(() => fixture.close());

  describe('updateApp', () => {
    it('makes a Revision and tells what changed', async () => {
      const { id, containers } = await fixture.create();
      const { app, changed } = await fixture.execute(updateApp, {
        app: { id },
        ifVersion: 1,
        containers: [{ image: 'shop:2' }],
      });
      expect(changed).toBe(true);
      expect(app).toMatchObject({
        version: 2,
        generation: 2,
        revision: { number: 2, cause: 'update' },
        containers: [{ image: 'shop:2' }],
      });
      expect(app.containers[0]?.id).not.toBe(containers[0]?.id);
      const replaced = [{ id: app.containers[0]?.id, name: 'app', image: 'shop:2' }];
      expect(await fixture.events(appUpdated, id)).toMatchObject([
        {
          changes: ['image'],
          revision: 2,
          cause: 'update',
          containers: { created: [], replaced, removed: [] },
          app: { version: 2 },
        },
      ]);
    });

    it('changes nothing and tells nothing when all is so already', async () => {
      const { id } = await fixture.create();
      expect(await fixture.execute(updateApp, { app: { id }, replicas: 1 })).toMatchObject({
        changed: false,
        app: { version: 1 },
      });
      expect(await fixture.events(appUpdated, id)).toEqual([]);
    });

    it('reserves a host when a port is first published', async () => {
      const port = { protocol: 'tcp', external: 80, internal: 80, published: false } as const;
      const { id, name, host } = await fixture.create({ container: { ports: [port] } });
      expect(host).toBeNull();
      const { app } = await fixture.execute(updateApp, {
        app: { id },
        containers: [{ ports: [{ ...port, published: true }] }],
      });
      expect(app.host).toBe(`${name}.apps.example.com`);
    });

    it('refuses an old version, with the current one', async () => {
      const { id } = await fixture.create();
      await fixture.execute(updateApp, { app: { id }, description: 'new' });
      const refused = await problemOf(fixture.execute(updateApp, { app: { id }, ifVersion: 1, description: 'newer' }));
      expect(refused).toMatchObject({ kind: 'precondition_failed', facts: { version: 2 } });
      expect((await fixture.get(id)).description).toBe('new');
    });

    it('lets one of two that change the same version at once win', async () => {
      const { id } = await fixture.create();
      const results = await Promise.allSettled(
        [2, 3].map((replicas) => fixture.execute(scaleApp, { app: { id }, ifVersion: 1, replicas, start: true })),
      );
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('makes one Revision after the other when many change it at once', async () => {
      const { id } = await fixture.create();
      const images = Array.from({ length: 6 }, (_, index) => `shop:${index + 2}`);
      await Promise.all(images.map((image) => fixture.execute(updateApp, { app: { id }, containers: [{ image }] })));
      expect(await fixture.get(id)).toMatchObject({ version: 7, generation: 7, revision: { number: 7 } });
      expect(await fixture.rows('revision', 'app_id = $1', [id])).toHaveLength(7);
    });
  });

  describe('setVariables', () => {
    it('merges, makes a Revision, and answers with the whole', async () => {
      const { id } = await fixture.create({ container: { variables: [{ name: 'A', value: '1' }] } });
      const { app, changed } = await fixture.execute(setVariables, {
        app: { id },
        ifVersion: 1,
        set: [{ name: 'B', value: '2' }],
        unset: ['A'],
      });
      expect(changed).toBe(true);
      expect(app).toMatchObject({
        version: 2,
        revision: { number: 2, cause: 'variables' },
        containers: [{ variables: [{ name: 'B', value: '2' }] }],
      });
      expect(await fixture.events(appUpdated, id)).toMatchObject([{ changes: ['variables'], revision: 2 }]);
    });

    it('merges what many set at once', async () => {
      const { id } = await fixture.create();
      const names = Array.from({ length: 6 }, (_, index) => `V${index}`);
      await Promise.all(
        names.map((name) => fixture.execute(setVariables, { app: { id }, set: [{ name, value: name }], unset: [] })),
      );
      const { containers, version } = await fixture.query(getApp, { app: { id }, include: ['variables'] });
      expect(version).toBe(7);
      expect(containers[0]?.variables?.map(({ name }) => name).sort()).toEqual(names);
    });
  });

  describe('fifty at once on one App', () => {
    // None of them changes anything, so that all are soon through.
    const patient = { timeoutMs: 30_000 };
    it.each<[string, (app: { id: string }) => Promise<unknown>]>([
      ['setVariables', (app) => fixture.execute(setVariables, { app, set: [], unset: ['NONE'] }, patient)],
      ['addDomain', (app) => fixture.execute(addDomain, { app, host: `${randomUUID()}.example.org` }, patient)],
      ['verifyDomain', (app) => fixture.execute(verifyDomain, { app, domain: randomUUID() }, patient)],
      ['removeDomain', (app) => fixture.execute(removeDomain, { app, domain: randomUUID() }, patient)],
    ])('leave connections for others (%s)', async (_, execute) => {
      const [wanted, other] = [await fixture.create({ container: { ports: [] } }), await fixture.create()];
      const crowd = await crowdAt(fixture.database, {
        lock: `select 1 from deployments.app where id = $1 for update`,
        values: [wanted.id],
        call: () => execute({ id: wanted.id }),
        other: () => fixture.execute(scaleApp, { app: { id: other.id }, replicas: 2, start: true }),
      });
      expect(crowd.other).toMatchObject({ new: 2 });
      const kinds = crowd.fifty.map((one) => (one.status === 'rejected' ? (one.reason as Refusal).problem.kind : ''));
      expect(kinds).not.toContain('unavailable');
    });
  });

  describe('restartApp', () => {
    it('replaces all pods by equal ones, without a Revision, and tells it', async () => {
      const { id, status } = await fixture.create();
      expect(status.phase).toBe('pending');
      const running = () => fixture.until(id, 'running');
      await running();
      const pods = async () =>
        (await fixture.query(getApp, { app: { id }, include: ['pods'] })).pods?.map(({ name }) => name) ?? [];
      const before = await pods();
      const app = await fixture.execute(restartApp, { app: { id } });
      expect(app).toMatchObject({ version: 2, generation: 2, revision: { number: 1 }, status: { phase: 'updating' } });
      expect(await fixture.events(appRestarted, id)).toMatchObject([{ app: { version: 2 }, revision: 1 }]);
      await running();
      const after = await pods();
      expect(after).toHaveLength(before.length);
      expect(after.filter((name) => before.includes(name))).toEqual([]);
    });

    it('is refused while it is stopped, and leaves no trace', async () => {
      const { id } = await fixture.create();
      await fixture.execute(stopApp, { app: { id } });
      expect(await problemOf(fixture.execute(restartApp, { app: { id } }))).toMatchObject({ code: 'stopped' });
      expect(await fixture.get(id)).toMatchObject({ version: 2 });
      expect(await fixture.events(appRestarted, id)).toEqual([]);
    });
  });

  describe('scaleApp, startApp, stopApp', () => {
    it('tells old and new count, 0 being a stop that keeps the count', async () => {
      const { id } = await fixture.create({ replicas: 3 });
      expect(await fixture.execute(scaleApp, { app: { id }, replicas: 0, start: true })).toMatchObject({
        old: 3,
        new: 0,
        app: { stopped: true, replicas: 3 },
      });
      expect(await fixture.execute(startApp, { app: { id } })).toMatchObject({ stopped: false, replicas: 3 });
      expect(await fixture.events(appScaled, id)).toMatchObject([{ old: 3, new: 0 }]);
    });

    it('takes effect once when it is delivered twice', async () => {
      const { id } = await fixture.create();
      const operationId = randomUUID();
      const input = { app: { id }, replicas: 4, start: true };
      const first = await fixture.execute(scaleApp, input, { operationId });
      expect(await fixture.execute(scaleApp, input, { operationId })).toEqual(first);
      expect(await fixture.events(appScaled, id)).toHaveLength(1);
    });

    it('stops and starts repeatably, without facts of their own', async () => {
      const { id } = await fixture.create();
      const off = await fixture.execute(stopApp, { app: { id } });
      expect(await fixture.execute(stopApp, { app: { id } })).toMatchObject({ version: off.version, stopped: true });
      await fixture.execute(startApp, { app: { id } });
      expect(await fixture.execute(startApp, { app: { id } })).toMatchObject({
        version: off.version + 1,
        stopped: false,
      });
      expect(await fixture.events(appScaled, id)).toEqual([]);
      expect(await fixture.events(appPhaseChanged, id)).toEqual(
        expect.arrayContaining([expect.objectContaining({ to: 'stopping', after: 'stop', readyOnce: false })]),
      );
    });
  });

  describe('deleteApp', () => {
    it('takes the App out of sight and tells it', async () => {
      const { id } = await fixture.create();
      expect(await fixture.execute(deleteApp, { app: { id }, ifVersion: 1 })).toMatchObject({
        status: { phase: 'deleting' },
      });
      expect(await fixture.events(appDeleting, id)).toMatchObject([
        { app: { id, version: 2 }, actor: { username: 'kim' } },
      ]);
      expect(await problemOf(fixture.query(getApp, { app: { id } }))).toMatchObject({ kind: 'not_found' });
    });
  });
});
