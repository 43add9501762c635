import { randomUUID } from 'node:crypto';

import {
  type Actor,
  type CreatedSubscription,
  type CreateSubscription,
  createSubscription,
  deleteSubscription,
  getDelivery,
  getSubscription,
  listDeliveries,
  listSubscriptions,
  replayDelivery,
  rotateSecret,
  testSubscription,
  updateSubscription,
} from '@slipway/contracts';
import type { Refusal } from '@slipway/messaging';
import { actor, crowdAt, type Harness } from '@slipway/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { startNotifications } from '../fixture/notifications.js';
import { MAX_SUBSCRIPTIONS } from './subscription.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { SubscriptionSecrets } from './subscription-secrets.js';

describe('subscriptions', () => {
  let harness: Harness;
  let kim: Actor;

  beforeAll(async () => {
    // Loopback passes by configuration, other internal networks do not.
    harness = await startNotifications();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    kim = actor();
  });

  const input = (more: Partial<CreateSubscription> = {}): CreateSubscription => ({
    name: 'ops',
    url: 'http://127.0.0.1:9/hook',
    types: ['deployment_failed', 'deployment_started'],
    ...more,
  });
  const create = (more: Partial<CreateSubscription> = {}, who = kim): Promise<CreatedSubscription> =>
    harness.execute(createSubscription, input(more), { actor: who });
  const rows = (): Promise<SubscriptionEntity[]> => harness.rows(SubscriptionEntity, { userId: kim.userId });
  const signingOf = (row: SubscriptionEntity | undefined, at: Date): string[] => {
    if (!row) throw new Error('no such row');
    return harness.service.app.get(SubscriptionSecrets, { strict: false }).signing(row, at);
  };
  const secretOf = (row: SubscriptionEntity | undefined): string => {
    if (!row) throw new Error('no such row');
    return harness.service.app.get(SubscriptionSecrets, { strict: false }).decrypt(row);
  };

  it('are made with a secret of their own, which is shown once', async () => {
    const { subscription, secret } = await create();
    expect(subscription).toMatchObject({
      name: 'ops',
      url: 'http://127.0.0.1:9/hook',
      active: true,
      types: ['deployment_failed', 'deployment_started'],
      disabledReason: null,
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(secretOf((await rows())[0])).toBe(secret);
    const got = await harness.query(getSubscription, { id: subscription.id }, { actor: kim });
    expect(got).toEqual(subscription);
  });

  it('S7 take no command from a credential that only reads', async () => {
    const { subscription } = await create();
    const { id } = subscription;
    const reader = { ...kim, credential: { ...kim.credential, scope: 'read' as const } };
    const refused = { problem: { kind: 'forbidden', code: 'read_only' } };
    const commands = [
      () => harness.execute(createSubscription, input({ name: 'another' }), { actor: reader }),
      () => harness.execute(updateSubscription, { id, name: 'another' }, { actor: reader }),
      () => harness.execute(deleteSubscription, { id }, { actor: reader }),
      () => harness.execute(testSubscription, { id }, { actor: reader }),
      () => harness.execute(rotateSecret, { id }, { actor: reader }),
      () => harness.execute(replayDelivery, { subscriptionId: id, id: randomUUID() }, { actor: reader }),
    ];
    for (const command of commands) await expect(command()).rejects.toMatchObject(refused);
    expect(await harness.query(listSubscriptions, {}, { actor: reader })).toEqual({ subscriptions: [subscription] });
  });

  it('take the secret that is given', async () => {
    const { secret } = await create({ secret: 'open sesame' });
    expect(secret).toBe('open sesame');
    expect(secretOf((await rows())[0])).toBe('open sesame');
  });

  it('S8 have their secret nowhere in clear', async () => {
    const secret = `very-secret-${kim.number}`;
    await create({ secret });
    for (const table of ['subscription', 'inbox', 'outbox']) {
      const dump = await harness.dataSource.query<object[]>(`select * from ${table}`);
      expect(JSON.stringify(dump), table).not.toContain(secret);
    }
  });

  it('are made once when the command is delivered twice', async () => {
    const command = harness.message(createSubscription, input(), { actor: kim });
    const [first, second] = [await harness.deliver(command), await harness.deliver(command)];
    expect(second).toEqual(first);
    expect(await rows()).toHaveLength(1);
  });

  it('have a name that is unique for their user', async () => {
    await create();
    await expect(create()).rejects.toMatchObject({
      problem: { kind: 'already_exists', noun: 'subscription', code: 'name', facts: { name: 'ops' } },
    });
    const { subscription } = await create({ name: 'dev' });
    const rename = harness.execute(updateSubscription, { id: subscription.id, name: 'ops' }, { actor: kim });
    await expect(rename).rejects.toMatchObject({ problem: { kind: 'already_exists' } });
    await create({}, actor());
    expect((await rows()).map(({ name }) => name).sort()).toEqual(['dev', 'ops']);
  });

  it('are one of several that are made under one name at once', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => create()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ problem: { kind: 'already_exists', code: 'name' } });
    }
  });

  it.each([
    'http://10.0.0.1/hook',
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://[::ffff:127.0.0.1]/',
    'http://0.0.0.0/',
    'ftp://example.org/',
    'http://kim:secret@example.org/',
    'no url',
  ])('S11 are refused with the URL %s', async (url) => {
    const refused = { problem: { kind: 'invalid', issues: [{ path: 'url', rule: 'url', kind: 'value' }] } };
    await expect(create({ url })).rejects.toMatchObject(refused);
    expect(await rows()).toEqual([]);
    const { subscription } = await create();
    const move = harness.execute(updateSubscription, { id: subscription.id, url }, { actor: kim });
    await expect(move).rejects.toMatchObject(refused);
    expect(await rows()).toMatchObject([{ url: 'http://127.0.0.1:9/hook' }]);
  });

  it('may name a host that does not resolve yet', async () => {
    const { subscription } = await create({ url: 'https://not-yet.invalid/hook' });
    expect(subscription.url).toBe('https://not-yet.invalid/hook');
  });

  it('change in what is named, and keep the rest', async () => {
    const { subscription } = await create({ secret: 'first' });
    const { id } = subscription;
    const update = (more: object) => harness.execute(updateSubscription, { id, ...more }, { actor: kim });
    expect(await update({ name: 'dev', active: false })).toMatchObject({
      ...subscription,
      name: 'dev',
      active: false,
      updatedAt: expect.any(String),
    });
    expect(secretOf((await rows())[0])).toBe('first');
    expect(await update({ types: [], url: 'http://127.0.0.1:9/other', secret: 'second', active: true })).toMatchObject({
      name: 'dev',
      types: [],
      url: 'http://127.0.0.1:9/other',
      active: true,
    });
    expect(secretOf((await rows())[0])).toBe('second');
  });

  it('are signed by the new secret and the one before it for a day after a rotation, then by the new one', async () => {
    const { subscription, secret } = await create();
    const { id } = subscription;
    const rotated = await harness.execute(rotateSecret, { id }, { actor: kim });
    expect(rotated.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const [row] = await rows();
    const end = Date.parse(rotated.previousExpiresAt);
    expect(end - Date.now()).toBeGreaterThan(23 * 3_600_000);
    expect(signingOf(row, new Date(end - 1))).toEqual([rotated.secret, secret]);
    expect(signingOf(row, new Date(end))).toEqual([rotated.secret]);
  });

  it('are gone when they are deleted', async () => {
    const { subscription } = await create();
    const command = harness.message(deleteSubscription, { id: subscription.id }, { actor: kim });
    await harness.deliver(command);
    await harness.deliver(command);
    expect(await rows()).toEqual([]);
    const again = harness.execute(deleteSubscription, { id: subscription.id }, { actor: kim });
    await expect(again).rejects.toMatchObject({ problem: { kind: 'not_found', noun: 'subscription' } });
  });

  it('are listed in the order in which they were made', async () => {
    for (const name of ['zoo', 'ant', 'mole']) await create({ name });
    const { subscriptions } = await harness.query(listSubscriptions, {}, { actor: kim });
    expect(subscriptions.map(({ name }) => name)).toEqual(['zoo', 'ant', 'mole']);
  });

  it('are limited in number', async () => {
    await harness.dataSource.query(
      `insert into subscription
       select gen_random_uuid(), $1, n::text, 'http://127.0.0.1:9/', 'x', '{}', false, null, now(), now()
         from generate_series(1, ${MAX_SUBSCRIPTIONS}) as n`,
      [kim.userId],
    );
    await expect(create()).rejects.toMatchObject({ problem: { kind: 'quota_exceeded', noun: 'subscription' } });
    await expect(create({ name: '7' })).rejects.toMatchObject({ problem: { kind: 'already_exists', code: 'name' } });
  });

  it.each([
    ['a stranger', actor()],
    ['an administrator', actor({ admin: true })],
  ])('P4 are not there for %s', async (_, stranger) => {
    const { subscription, secret } = await create();
    const { id } = subscription;
    const delivery = { id: randomUUID() };
    await harness.dataSource.getRepository(DeliveryEntity).insert({
      ...{ id: delivery.id, endpointId: id, ownerId: kim.userId, eventId: randomUUID(), appId: randomUUID() },
      ...{ type: 'deployment_failed', body: '{}', status: 'delivered', attempts: 1, attemptLog: [] },
      createdAt: new Date(),
    });
    const call = { actor: stranger };
    const attempts = [
      () => harness.query(getSubscription, { id }, call),
      () => harness.query(listDeliveries, { subscriptionId: id, page: 1, limit: 10 }, call),
      () => harness.execute(updateSubscription, { id, name: 'mine' }, call),
      () => harness.execute(deleteSubscription, { id }, call),
      () => harness.execute(testSubscription, { id }, call),
      () => harness.execute(rotateSecret, { id }, call),
      () => harness.execute(replayDelivery, { subscriptionId: id, id: delivery.id }, call),
    ];
    for (const attempt of attempts) {
      await expect(attempt()).rejects.toMatchObject({ problem: { kind: 'not_found', noun: 'subscription' } });
    }
    const read = harness.query(getDelivery, { subscriptionId: id, id: delivery.id }, call);
    await expect(read).rejects.toMatchObject({ problem: { kind: 'not_found' } });
    expect(await harness.rows(DeliveryEntity, { endpointId: id })).toHaveLength(1);
    expect(secretOf((await rows())[0])).toBe(secret);
    expect((await harness.query(listSubscriptions, {}, call)).subscriptions).toEqual([]);
    expect(await rows()).toMatchObject([{ name: 'ops' }]);
  });

  it('are nobody’s without a credential', async () => {
    const call = { actor: undefined };
    for (const attempt of [
      () => harness.execute(createSubscription, input(), call),
      () => harness.query(listSubscriptions, {}, call),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ problem: { kind: 'unauthenticated' } });
    }
  });

  describe('fifty at once on one', () => {
    const timeoutMs = 30_000;
    let owner: DataSource;
    beforeAll(async () => {
      owner = await new DataSource({ type: 'postgres', url: harness.ownerUrl }).initialize();
    });
    afterAll(() => owner.destroy());

    it.each<[string, (id: string) => Promise<unknown>]>([
      ['updateSubscription', (id) => harness.execute(updateSubscription, { id }, { actor: kim, timeoutMs })],
      ['rotateSecret', (id) => harness.execute(rotateSecret, { id }, { actor: kim, timeoutMs })],
      ['deleteSubscription', (id) => harness.execute(deleteSubscription, { id }, { actor: kim, timeoutMs })],
      [
        'replayDelivery',
        (id) => harness.execute(replayDelivery, { subscriptionId: id, id: randomUUID() }, { actor: kim, timeoutMs }),
      ],
    ])('leave connections for others (%s)', async (_, call) => {
      const { subscription } = await create();
      const crowd = await crowdAt(owner, {
        lock: `select 1 from notifications.subscription where id = $1 for update`,
        values: [subscription.id],
        call: () => call(subscription.id),
        other: () => create({}, actor()),
      });
      expect(crowd.other).toMatchObject({ subscription: { name: 'ops' } });
      const kinds = crowd.fifty.map((one) => (one.status === 'rejected' ? (one.reason as Refusal).problem.kind : ''));
      expect(kinds).not.toContain('unavailable');
    });
  });
});
