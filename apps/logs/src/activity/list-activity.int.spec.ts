import { randomUUID } from 'node:crypto';

import {
  type AppFacts,
  appCreated,
  appDeleted,
  appDeleting,
  appPhaseChanged,
  appScaled,
  appUpdated,
  listActivity,
  type ListActivity,
} from '@slipway/contracts';
import { assertNoDrift, Pruning } from '@slipway/persistence';
import { actor, appFacts, type Harness, startHarness } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { AppAudienceEntity } from '../audience/app-audience.entity.js';
import { created } from '../fixture/logs.js';
import { logs, migrations } from '../index.js';
import { TombstoneEntity } from '../projection/tombstone.entity.js';

describe('listActivity', () => {
  let harness: Harness;
  let app: AppFacts;
  const owner = actor();
  const by = { userId: owner.userId, username: owner.username };

  const list = async (input: Partial<ListActivity> = {}, who = owner) =>
    (await harness.query(listActivity, { appId: app.id, limit: 100, ...input }, { actor: who })).entries;
  const audience = async () => (await harness.rows(AppAudienceEntity, { appId: app.id }))[0];
  const scaled = (version: number, wanted: number, envelope = {}) =>
    harness.message(appScaled, { app: { ...app, version }, actor: by, old: 1, new: wanted }, envelope);

  beforeAll(async () => {
    harness = await startHarness({ service: logs, migrations, cluster: true });
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    app = appFacts(owner.userId);
  });

  it('has tables as the entities say', () => assertNoDrift(harness.dataSource));

  it('tells the life of an App, the newest first', async () => {
    const phase = { from: 'pending', reason: '', message: '', url: null, after: null, readyOnce: true } as const;
    await harness.publish(appCreated, { app, actor: by, revision: 1, replicas: 1 });
    await harness.publish(appPhaseChanged, { app, ...phase, to: 'running' });
    await harness.publish(appUpdated, { app: { ...app, version: 2 }, actor: by, changes: ['image'], revision: 2 });
    await harness.publish(appScaled, { app: { ...app, version: 3 }, actor: by, old: 1, new: 3 });
    await harness.publish(appDeleting, { app: { ...app, version: 4 }, actor: by });
    await harness.publish(appDeleted, { app: { ...app, version: 4 } });
    const entries = await list();
    expect(entries.map(({ fact, message }) => [fact, message])).toEqual([
      ['deployments.app.deleted', `${app.name} is gone from the cluster.`],
      ['deployments.app.deleting', `${by.username} deleted ${app.name}.`],
      ['deployments.app.scaled', `${by.username} scaled ${app.name} from 1 to 3 replicas.`],
      ['deployments.app.updated', `${by.username} changed image of ${app.name}, now revision 2.`],
      ['deployments.app.phase-changed', `${app.name} is running.`],
      ['deployments.app.created', `${by.username} created ${app.name} with 1 replica.`],
    ]);
    expect(entries[2]).toMatchObject({
      environmentId: app.environment.id,
      environment: app.environment.name,
      appId: app.id,
      app: app.name,
      actorId: by.userId,
      actorName: by.username,
    });
    expect(await list({ appId: undefined, environmentId: app.environment.id })).toEqual(entries);
    expect(await audience()).toBeUndefined();
  });

  it('dates an entry to when it became true, however late it is heard', async () => {
    const occurredAt = Date.now() - 3_600_000;
    await harness.publish(appCreated, { app, actor: by, revision: 1, replicas: 1 }, { occurredAt });
    expect((await list())[0]?.time).toBe(new Date(occurredAt).toISOString());
  });

  it('keeps one entry of an event that comes twice', async () => {
    await created(harness, app);
    const message = scaled(2, 3);
    await harness.deliver(message);
    await harness.deliver(message);
    // What the inbox forgets after a week, the journal still knows.
    await harness.dataSource.query(`delete from inbox where operation_id = $1`, [message.envelope.operationId]);
    await harness.deliver(message);
    expect(await list()).toHaveLength(2);
  });

  it('writes down what comes late, and lets it change nothing', async () => {
    const team = { id: randomUUID(), name: 'blue' };
    app = { ...app, teams: [team] };
    await harness.deliver(scaled(3, 3));
    app = { ...app, teams: [] };
    await harness.deliver(scaled(2, 2));
    await created(harness, app);
    expect(await list()).toHaveLength(3);
    expect(await audience()).toMatchObject({ version: 3, teamIds: [team.id] });
  });

  it('does not bring back who saw an App that is gone', async () => {
    await created(harness, app);
    await harness.deliver(harness.message(appDeleted, { app: { ...app, version: 2 } }));
    await harness.deliver(scaled(3, 3));
    expect(await audience()).toBeUndefined();
    expect(await list()).toHaveLength(3);
  });

  it('knows for sixty days that an App is gone', async () => {
    const dayMs = 24 * 60 * 60 * 1000;
    const buried = (days: number) => ({ id: randomUUID(), buriedAt: new Date(Date.now() - days * dayMs) });
    const [kept, old] = [buried(59), buried(61)];
    await harness.dataSource.getRepository(TombstoneEntity).insert([kept, old]);
    await harness.deliver(harness.message(appDeleted, { app }));
    const ids = (await harness.rows(TombstoneEntity)).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([kept.id, app.id]));
    expect(ids).not.toContain(old.id);
  });

  it('makes of events that come at once what it makes of them one by one', async () => {
    const team = { id: randomUUID(), name: 'blue' };
    const lasting = appFacts(owner.userId);
    const at = (version: number, of = app) =>
      harness.message(appScaled, {
        app: { ...of, version, teams: version === 4 ? [team] : [] },
        actor: by,
        old: 1,
        new: 2,
      });
    const messages = [
      ...[at(1), at(3, lasting), at(2), at(4, lasting), at(2, lasting)],
      ...[harness.message(appDeleted, { app: { ...app, version: 3 } }), at(4), at(3, lasting)],
    ];
    await Promise.all(messages.map((message) => harness.deliver(message)));
    expect(await list()).toHaveLength(4);
    expect(await list({ appId: lasting.id })).toHaveLength(4);
    expect(await audience()).toBeUndefined();
    expect(await harness.rows(AppAudienceEntity, { appId: lasting.id })).toMatchObject([
      { version: 4, teamIds: [team.id] },
    ]);
  });

  it('goes on from an entry', async () => {
    await created(harness, app);
    for (const version of [2, 3, 4]) await harness.deliver(scaled(version, version));
    const all = await list();
    const first = await list({ limit: 2 });
    const second = await list({ limit: 2, before: first.at(-1)?.id });
    expect([...first, ...second]).toEqual(all);
    expect(await list({ before: all.at(-1)?.id })).toEqual([]);
    expect(await list({ before: randomUUID() })).toEqual([]);
  });

  it('S7 shows entries to owner and teams as of then, and to admins', async () => {
    const team = { id: randomUUID(), name: 'blue' };
    const member = actor({ teams: [team] });
    await created(harness, app);
    app = { ...app, teams: [team] };
    await harness.deliver(scaled(2, 3));
    expect(await list({}, member)).toHaveLength(1);
    expect(await list({}, actor({ admin: true }))).toHaveLength(2);
    expect(await list({}, actor())).toEqual([]);
    const everything = await list({ appId: undefined }, member);
    expect(everything.map(({ appId }) => appId)).toEqual([app.id]);
  });

  it('keeps Environments of one name apart', async () => {
    await created(harness, app);
    const next = appFacts(owner.userId, { environment: { ...app.environment, id: randomUUID() } });
    await created(harness, next);
    const entries = await list({ appId: undefined, environmentId: next.environment.id });
    expect(entries.map(({ appId }) => appId)).toEqual([next.id]);
  });

  it('forgets what is older than ACTIVITY_DAYS', async () => {
    await created(harness, app);
    await harness.deliver(scaled(2, 3));
    const [newest, oldest] = await list();
    await harness.dataSource.query(`update activity set "time" = now() - interval '91 days' where id = $1`, [
      oldest?.id,
    ]);
    expect(await harness.service.app.get(Pruning, { strict: false }).prune()).toBe(1);
    expect(await list()).toEqual([newest]);
  });

  it('needs a credential', async () => {
    await expect(harness.query(listActivity, { limit: 1 }, { actor: undefined })).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
  });
});
