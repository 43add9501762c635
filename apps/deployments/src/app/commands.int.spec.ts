import { randomUUID } from 'node:crypto';

import {
  appCreated,
  appDeleting,
  appPhaseChanged,
  appRestarted,
  appScaled,
  appUpdated,
  countApps,
  createApp,
  deleteApp,
  type Envelope,
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

import {
  actor,
  appInput,
  eventually,
  type Fixture,
  kim,
  lee,
  problemOf,
  startFixture,
} from '../fixture/deployments.js';
import { AppQueries } from './app.queries.js';
import { CreateAppHandler } from './create-app.js';

const team = { id: randomUUID(), name: 'web' };

describe('commands on Apps', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture({ MAX_REPLICAS: '10', PUBLIC_URL: 'https://engine.apps.example.com' });
  });
  afterAll(() => fixture.close());

  const rows = async (table: string, where: string, values: unknown[]): Promise<Record<string, unknown>[]> =>
    fixture.database.query(`select * from deployments.${table} where ${where}`, values);

  it('keeps entities and migrations equal', async () => {
    expect(await findDrift(fixture.service.app.get(DataSource))).toEqual([]);
  });

  describe('createApp', () => {
    it('makes App, Revision 1, host and a dedicated Environment, and tells it', async () => {
      const input = appInput(
        { description: 'sells', extensions: { x: { y: [1] } } },
        { variables: [{ name: 'A', value: '1' }] },
      );
      const app = await fixture.execute(createApp, input);
      expect(app).toMatchObject({
        name: input.name,
        ownerId: kim.userId,
        description: 'sells',
        extensions: { x: { y: [1] } },
        host: `${input.name}.apps.example.com`,
        url: null,
        version: 1,
        generation: 1,
        replicas: 1,
        status: { phase: 'pending' },
        revision: { number: 1, cause: 'create', createdBy: kim.userId },
        environment: { namespace: `ce-${input.name}-${app.id.slice(0, 8)}`, kind: 'dedicated' },
      });
      expect(app.containers).toMatchObject([
        { image: 'registry.example.org/shop:1', variables: null, resources: { cpuLimit: '500m' } },
      ]);
      expect(await fixture.events(appCreated, app.id)).toEqual([
        {
          app: {
            id: app.id,
            name: app.name,
            environment: app.environment,
            ownerId: kim.userId,
            teams: [],
            origin: 'container-engine',
            version: 1,
          },
          actor: { userId: kim.userId, username: 'kim' },
          revision: 1,
          replicas: 1,
        },
      ]);
    });

    it("gives nobody the gateway's own host", async () => {
      const app = await fixture.create({ name: 'engine' });
      expect(app.host).toBe(`engine-${app.id.slice(0, 6)}.apps.example.com`);
    });

    it('takes effect once when it is delivered twice', async () => {
      const input = appInput();
      const operationId = randomUUID();
      const first = await fixture.execute(createApp, input, { operationId });
      expect(await fixture.execute(createApp, input, { operationId })).toEqual(first);
      expect(await rows('app', 'name = $1', [input.name])).toHaveLength(1);
      expect(await fixture.events(appCreated, first.id)).toHaveLength(1);
    });

    it('answers as before when the service died between its commit and its acknowledgement', async () => {
      const input = appInput();
      const operationId = randomUUID();
      const envelope: Envelope = { messageId: randomUUID(), operationId, correlationId: randomUUID(), actor: kim };
      const committed = await fixture.service.app.get(CreateAppHandler).handle(input, envelope);
      await fixture.restart();
      expect(await fixture.execute(createApp, input, { operationId })).toEqual(committed);
      expect(await rows('app', 'name = $1', [input.name])).toHaveLength(1);
    });

    it('gives one of two that ask for a name at once the name, the other a refusal', async () => {
      const input = appInput();
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => fixture.execute(createApp, input)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') {
          expect(result.reason).toMatchObject({
            problem: { kind: 'already_exists', code: 'name', facts: { name: input.name } },
          });
        }
      }
      expect(await rows('app', 'name = $1', [input.name])).toHaveLength(1);
      expect(await rows('host', 'host = $1', [`${input.name}.apps.example.com`])).toHaveLength(1);
    });

    it('gives another owner the same name, with another host', async () => {
      const input = appInput();
      await fixture.execute(createApp, input);
      const theirs = await fixture.execute(createApp, input, { actor: lee });
      expect(theirs.host).toBe(`${input.name}-${theirs.id.slice(0, 6)}.apps.example.com`);
    });

    it('gives the name and the host of an App that is being deleted to its owner at once', async () => {
      const first = await fixture.create();
      await fixture.execute(deleteApp, { app: { id: first.id } });
      const next = await fixture.create({ name: first.name });
      expect(next.host).toBe(first.host);
      // What is left of the first takes nothing from the second.
      await eventually(async () => expect(await problemOf(fixture.get(first.id))).toMatchObject({ kind: 'not_found' }));
      expect(await rows('host', 'host = $1', [first.host])).toMatchObject([{ app_id: next.id }]);
    });

    it('gives the host of an App that is being deleted to another owner only when its namespace is gone', async () => {
      const first = await fixture.until((await fixture.create()).id, 'running');
      const { namespace } = first.environment;
      const hold = (finalizers: string[]) =>
        fixture.cluster.apply(
          { apiVersion: 'v1', kind: 'Service', metadata: { name: first.name, namespace, finalizers } },
          { fieldManager: 'they' },
        );
      await hold(['example.com/hold']);
      await fixture.execute(deleteApp, { app: { id: first.id } });
      const theirs = await fixture.create({ name: first.name }, lee);
      expect(theirs.host).toBe(`${first.name}-${theirs.id.slice(0, 6)}.apps.example.com`);
      expect(await rows('host', 'host = $1', [first.host])).toMatchObject([{ app_id: first.id }]);
      await hold([]);
      await eventually(async () => expect(await problemOf(fixture.get(first.id))).toMatchObject({ kind: 'not_found' }));
      expect((await fixture.create({ name: first.name }, actor('pat'))).host).toBe(first.host);
    }, 30_000);

    it('stores no secret in clear', async () => {
      const registryAuth = { username: 'kim', password: 'planted-password', server: 'r.example.org' };
      const app = await fixture.create({
        registryAuth,
        container: { variables: [{ name: 'T', value: 'planted-value' }] },
      });
      expect(app.registry).toEqual({ username: 'kim', server: 'r.example.org' });
      for (const table of ['app', 'revision', 'outbox', 'inbox']) {
        expect(JSON.stringify(await rows(table, 'true', []))).not.toMatch(/planted/);
      }
      expect(
        (await fixture.query(getApp, { app: { id: app.id }, include: ['variables'] })).containers[0]?.variables,
      ).toEqual([{ name: 'T', value: 'planted-value' }]);
    });

    it.each<[string, Parameters<typeof appInput>, object]>([
      ['too many replicas', [{ replicas: 11 }], { kind: 'invalid', issues: [{ path: 'replicas', rule: 'range' }] }],
      [
        'no Environment',
        [{ dedicated: undefined }],
        { kind: 'invalid', issues: [{ path: 'environment', rule: 'required' }] },
      ],
      [
        'a bad image',
        [{}, { image: 'Shop:1:2' }],
        { kind: 'invalid', issues: [{ path: 'containers.0.image', rule: 'image' }] },
      ],
    ])('refuses %s and stores nothing', async (_, [given, container], refused) => {
      const input = appInput(given, container);
      expect(await problemOf(fixture.execute(createApp, input))).toMatchObject(refused);
      expect(await rows('app', 'name = $1', [input.name])).toEqual([]);
      expect(await rows('environment', 'name like $1', [`ce-${input.name}%`])).toEqual([]);
    });

    it('refuses a credential that may only read, and no credential at all', async () => {
      const reader = actor('reader', { credential: { id: randomUUID(), kind: 'api-key', scope: 'read' } });
      expect(await problemOf(fixture.create({}, reader))).toMatchObject({ kind: 'forbidden', code: 'read_only' });
    });

    describe('in an Environment that exists', () => {
      const shared = () => {
        const id = randomUUID();
        return {
          id,
          name: `team-${id.slice(0, 8)}`,
          namespace: `team-${id.slice(0, 8)}`,
          kind: 'owned',
          ownerId: kim.userId,
          version: 1,
        } as const;
      };

      it('makes the App for its owner and nobody else', async () => {
        const environment = shared();
        const app = await fixture.create({ environment });
        expect(app.environment).toEqual({
          id: environment.id,
          name: environment.name,
          namespace: environment.namespace,
          kind: 'owned',
        });
        expect(await problemOf(fixture.create({ environment }, lee))).toMatchObject({
          kind: 'forbidden',
          code: 'environment',
        });
        const byName = { environment: environment.name, name: app.name };
        expect((await fixture.query(getApp, { app: byName })).id).toBe(app.id);
      });

      it('keeps the newest version of the Environment', async () => {
        const environment = shared();
        await fixture.create({ environment: { ...environment, version: 3, ownerId: kim.userId } });
        expect(
          await problemOf(fixture.create({ environment: { ...environment, version: 2, ownerId: lee.userId } }, lee)),
        ).toMatchObject({ code: 'environment' });
        expect(await rows('environment', 'id = $1', [environment.id])).toMatchObject([
          { version: 3, owner_id: kim.userId },
        ]);
      });

      it('refuses a name that is taken, and says when it is about to be free', async () => {
        const environment = shared();
        const app = await fixture.create({ environment });
        expect(await problemOf(fixture.create({ environment, name: app.name }))).toMatchObject({
          kind: 'already_exists',
        });
        await fixture.database.query(`insert into deployments.workload values ($1, 'worker', $2)`, [
          environment.id,
          app.id,
        ]);
        expect(await problemOf(fixture.create({ environment, name: 'worker' }))).toMatchObject({
          kind: 'conflict',
          code: 'workload_name_taken',
        });
        await fixture.database.query(`update deployments.app set phase = 'deleting' where id = $1`, [app.id]);
        expect(await problemOf(fixture.create({ environment, name: app.name }))).toMatchObject({
          kind: 'conflict',
          code: 'deleting',
        });
      });
    });
  });

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
      expect(await fixture.events(appUpdated, id)).toMatchObject([
        { changes: ['image'], revision: 2, app: { version: 2 } },
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
      expect(await rows('revision', 'app_id = $1', [id])).toHaveLength(7);
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
        { changes: ['image', 'variables'] },
        { changes: ['variables'] },
        { changes: ['variables'] },
        { changes: ['image', 'variables'], revision: 5 },
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
      expect(await rows('app', 'id = $1 and version > 2', [id])).toEqual([]);
      // A client that never got the answer asks again also when all is gone.
      if (command !== 'deleteApp') await fixture.execute(deleteApp, { app: { id } });
      await eventually(async () => expect(await rows('app', 'id = $1', [id])).toEqual([]));
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
      for (let index = 0; index < 5; index++) made.unshift((await fixture.create({}, pat)).id);
      await fixture.execute(deleteApp, { app: { id: made[4] } }, { actor: pat });
      const pages = await Promise.all([1, 2, 3].map((page) => fixture.query(listApps, { page, limit: 3 }, pat)));
      expect(pages.map(({ apps }) => apps.map(({ id }) => id))).toEqual([made.slice(0, 3), made.slice(3, 4), []]);
      expect(pages.map(({ total }) => total)).toEqual([4, 4, 4]);
      expect(await fixture.query(countApps, { ownerId: pat.userId }, pat)).toEqual({ count: 4 });
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

describe('createApp with MAX_DEPLOYMENTS_PER_USER', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture({ MAX_DEPLOYMENTS_PER_USER: '2' });
  });
  afterAll(() => fixture.close());

  it('makes no more for a user, also of many that are asked for at once, and says first that a name is taken', async () => {
    const first = await fixture.create();
    const quota = { kind: 'quota_exceeded', noun: 'app', facts: { limit: 2 } };
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => fixture.create()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ problem: quota });
    }
    expect(await problemOf(fixture.create({ name: first.name }))).toMatchObject({ kind: 'already_exists' });
    expect(await problemOf(fixture.create({ replicas: 101 }))).toMatchObject({ kind: 'invalid' });
    expect(await fixture.create({}, lee)).toMatchObject({ revision: { number: 1 } });
    await fixture.execute(deleteApp, { app: { id: first.id } });
    expect(await fixture.create()).toMatchObject({ revision: { number: 1 } });
  });
});
