import { randomUUID } from 'node:crypto';

import { appCreated, createApp, deleteApp, type Envelope, getApp } from '@slipway/contracts';
import { crowdAt } from '@slipway/testing';
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
import { CreateAppHandler } from './create-app.js';

describe('commands on Apps', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture({ MAX_REPLICAS: '10', PUBLIC_URL: 'https://engine.apps.example.com' });
  });
  afterAll(() => fixture.close());

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
          containers: [{ id: app.containers[0]?.id, name: 'app', image: 'registry.example.org/shop:1' }],
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
      expect(await fixture.rows('app', 'name = $1', [input.name])).toHaveLength(1);
      expect(await fixture.events(appCreated, first.id)).toHaveLength(1);
    });

    it('answers as before when the service died between its commit and its acknowledgement', async () => {
      const input = appInput();
      const operationId = randomUUID();
      const envelope: Envelope = { messageId: randomUUID(), operationId, correlationId: randomUUID(), actor: kim };
      const committed = await fixture.service.app.get(CreateAppHandler).handle(input, envelope);
      await fixture.restart();
      expect(await fixture.execute(createApp, input, { operationId })).toEqual(committed);
      expect(await fixture.rows('app', 'name = $1', [input.name])).toHaveLength(1);
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
      expect(await fixture.rows('app', 'name = $1', [input.name])).toHaveLength(1);
      expect(await fixture.rows('host', 'host = $1', [`${input.name}.apps.example.com`])).toHaveLength(1);
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
      expect(await fixture.rows('host', 'host = $1', [first.host])).toMatchObject([{ app_id: next.id }]);
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
      expect(await fixture.rows('host', 'host = $1', [first.host])).toMatchObject([{ app_id: first.id }]);
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
        expect(JSON.stringify(await fixture.rows(table, 'true', []))).not.toMatch(/planted/);
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
      expect(await fixture.rows('app', 'name = $1', [input.name])).toEqual([]);
      expect(await fixture.rows('environment', 'name like $1', [`ce-${input.name}%`])).toEqual([]);
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
        expect(await fixture.rows('environment', 'id = $1', [environment.id])).toMatchObject([
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
});

describe('createApp with MAX_DEPLOYMENTS_PER_USER', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture({ MAX_DEPLOYMENTS_PER_USER: '2' });
  });
  afterAll(() => fixture.close());

  it('leaves connections for others while many are asked for by one', async () => {
    const pat = actor('pat');
    const crowd = await crowdAt(fixture.database, {
      lock: `select pg_advisory_xact_lock(hashtextextended('deployments:owner ' || $1, 0))`,
      values: [pat.userId],
      call: () => fixture.create({}, pat),
      other: () => fixture.create({}, actor('ray')),
    });
    expect(crowd.other).toMatchObject({ revision: { number: 1 } });
    expect(crowd.fifty.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

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
