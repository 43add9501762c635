import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

import {
  type Actor,
  type AppFacts,
  type AppPhaseChanged,
  appDeleted,
  appPhaseChanged,
  appScaled,
  appUpdated,
  type CreatedSubscription,
  createSubscription,
  deleteSubscription,
  type DeliveryPage,
  type DeliveryView,
  getDelivery,
  getSubscription,
  listDeliveries,
  replayDelivery,
  rotateSecret,
  testSubscription,
  updateSubscription,
  userUpdated,
  WEBHOOK_TYPES,
  type WebhookType,
} from '@slipway/contracts';
import { actor, type Harness, waitFor } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { appOf, phase } from '../fixture/facts.js';
import {
  type Behaviour,
  type Received,
  type Receiver,
  startNotifications,
  startReceiver,
} from '../fixture/notifications.js';
import { type ReceivedMail, type SmtpReceiver, startSmtpReceiver } from '../fixture/smtp-receiver.js';
import { SubscriptionEntity } from '../subscription/subscription.entity.js';
import { claimDeliveries } from './claim-deliveries.js';
import { DeliveryEntity } from './delivery.entity.js';
import { OPERATOR_ENDPOINT } from './endpoints.js';
import { judgeEndpoints } from './give-up-endpoint.js';
import { SendDeliveries } from './send-deliveries.js';

const OPERATOR_SECRET = 'the operator’s';

describe('deliveries', () => {
  let harness: Harness;
  let receiver: Receiver;
  let smtp: SmtpReceiver;
  let kim: Actor;
  let app: AppFacts;

  beforeAll(async () => {
    receiver = await startReceiver();
    smtp = await startSmtpReceiver();
    harness = await startNotifications({
      // The operator's own may be on loopback without this; the webhooks of users may not.
      OUTBOUND_ALLOW: '127.0.0.0/8',
      AWS_SES_SMTP_HOST: '127.0.0.1',
      AWS_SES_SMTP_PORT: String(smtp.port),
      WEBHOOK_URL: receiver.at('/operator'),
      WEBHOOK_SECRET: OPERATOR_SECRET,
      WEBHOOK_EVENTS: 'deployment_deleted',
    });
  });
  afterAll(async () => {
    await harness.close();
    await receiver.close();
    await smtp.close();
  });
  beforeEach(() => {
    kim = actor();
    app = appOf(kim.userId);
  });

  interface Hook extends CreatedSubscription {
    readonly path: string;
  }
  const subscribe = async (behaviour?: Behaviour, types: readonly WebhookType[] = WEBHOOK_TYPES): Promise<Hook> => {
    const path = `/${randomUUID()}`;
    const url = receiver.at(path, behaviour);
    const input = { name: path, url, types: [...types] };
    return { ...(await harness.execute(createSubscription, input, { actor: kim })), path };
  };
  const list = ({ subscription }: Hook, more: object = {}): Promise<DeliveryPage> =>
    harness.query(listDeliveries, { subscriptionId: subscription.id, page: 1, limit: 100, ...more }, { actor: kim });
  const only = async (hook: Hook): Promise<DeliveryView> => {
    const { deliveries } = await list(hook);
    const [delivery] = deliveries;
    if (!delivery || deliveries.length > 1) throw new Error(`${deliveries.length} deliveries`);
    return delivery;
  };
  const ended = (hook: Hook, attempts = 1): Promise<DeliveryView> =>
    waitFor(async () => {
      const delivery = await only(hook);
      return delivery.attempts === attempts && delivery;
    });
  const tell = (from: AppPhaseChanged['from'], to: AppPhaseChanged['to'], more: Partial<AppPhaseChanged> = {}) =>
    harness.deliver(harness.message(appPhaseChanged, phase(app, from, to, more)));
  const makeDue = async (hook: Hook): Promise<void> => {
    const { id } = hook.subscription;
    await harness.dataSource.query(
      `update delivery set "nextAttemptAt" = now() where "endpointId" = $1 and "nextAttemptAt" is not null`,
      [id],
    );
    harness.service.app.get(SendDeliveries, { strict: false }).wake({ endpointId: id, ownerId: kim.userId });
  };
  const isSigned = ({ headers, text }: Received, key: Buffer): boolean => {
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${text}`;
    return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  };
  const keyOf = ({ secret }: Hook): Buffer => Buffer.from(secret.slice('whsec_'.length), 'base64');

  it('arrive signed right after the commit, with exactly the documented body', async () => {
    const hook = await subscribe();
    const message = harness.message(
      appPhaseChanged,
      phase(app, 'deploying', 'running', { url: 'https://shop.example.com' }),
    );
    await harness.deliver(message);
    const [received] = await waitFor(() => receiver.received(hook.path).length > 0 && receiver.received(hook.path));
    expect(received?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Container-Engine-Webhook/1.0',
      'webhook-id': message.envelope.operationId,
    });
    expect(Object.keys(received?.body ?? {})).toEqual([
      'deployment_id',
      'status',
      'type',
      'timestamp',
      'app_name',
      'user_id',
      'url',
    ]);
    expect(received?.body).toEqual({
      deployment_id: app.id,
      status: 'completed',
      type: 'deployment_completed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
      app_name: 'shop',
      user_id: kim.userId,
      url: 'https://shop.example.com',
    });
    expect(received && isSigned(received, keyOf(hook))).toBe(true);
    expect(await ended(hook)).toMatchObject({
      eventId: message.envelope.operationId,
      type: 'deployment_completed',
      appId: app.id,
      status: 'delivered',
      lastStatusCode: 204,
      lastError: null,
      nextAttemptAt: null,
      deliveredAt: expect.any(String),
    });
  });

  it('begin within a fraction of a second, far from the next tick of the clock', async () => {
    const hook = await subscribe();
    const delays: number[] = [];
    for (let round = 1; round <= 10; round += 1) {
      await tell('deploying', 'running');
      const committed = performance.now();
      await waitFor(() => receiver.received(hook.path).length === round, { intervalMs: 2 });
      delays.push(performance.now() - committed);
    }
    delays.sort((one, other) => one - other);
    expect(delays[5]).toBeLessThan(100);
  });

  it('that follow each other at once share a connection, which is closed when none has come for a second', async () => {
    const sockets: Socket[] = [];
    const hook = await subscribe((request, response) => {
      sockets.push(request.socket);
      response.writeHead(204).end();
    });
    const deliver = async (): Promise<void> => {
      const wanted = sockets.length + 1;
      await tell('deploying', 'running');
      await waitFor(async () => (await list(hook, { status: 'delivered' })).total === wanted);
    };
    await deliver();
    await deliver();
    expect(sockets[1]).toBe(sockets[0]);
    // Without a limit of its own it would stay for the three seconds that the receiver names.
    await waitFor(() => sockets[0]?.destroyed, { timeoutMs: 2_500 });
    await deliver();
    expect(sockets[2]).not.toBe(sockets[0]);
  });

  it('go to those who asked for the type, and are active', async () => {
    const wanted = await subscribe(undefined, ['deployment_failed', 'deployment_scale_failed']);
    const other = await subscribe(undefined, ['deployment_stopped']);
    const nothing = await subscribe(undefined, []);
    const off = await subscribe();
    await harness.execute(updateSubscription, { id: off.subscription.id, active: false }, { actor: kim });
    await tell('deploying', 'running');
    await tell('scaling', 'failed', { after: 'scale' });
    await waitFor(() => receiver.received(wanted.path).length === 2);
    const [first, second] = receiver.received(wanted.path);
    expect([first?.body.type, second?.body.type].sort()).toEqual(['deployment_failed', 'deployment_scale_failed']);
    // One id would make a receiver drop the second as a repetition.
    expect(first?.headers['webhook-id']).not.toBe(second?.headers['webhook-id']);
    for (const hook of [other, nothing, off]) expect(await list(hook)).toEqual({ deliveries: [], total: 0 });
  });

  it('name the url that the App was last known to have', async () => {
    const hook = await subscribe(undefined, ['deployment_scaling', 'deployment_updated', 'deployment_deleted']);
    const bodies = () => receiver.received(hook.path).map(({ body }) => [body.type, body.url]);
    await harness.publish(appUpdated, { app, actor: null, changes: ['image'], revision: 2 });
    await waitFor(() => bodies().length === 1);
    await tell('deploying', 'running', { url: 'https://shop.example.com' });
    await harness.publish(appScaled, { app, actor: null, old: 1, new: 2 });
    await waitFor(() => bodies().length === 2);
    await harness.publish(appDeleted, { app });
    await waitFor(() => bodies().length === 3);
    expect(bodies()).toEqual([
      ['deployment_updated', null],
      ['deployment_scaling', 'https://shop.example.com'],
      ['deployment_deleted', null],
    ]);
    expect(await harness.dataSource.query('select 1 from app_url where "appId" = $1', [app.id])).toEqual([]);
  });

  it('name the url as of each fact when many come at once', async () => {
    const hook = await subscribe(undefined, ['deployment_updated', 'deployment_deleted']);
    const updated = (revision: number) =>
      harness.message(appUpdated, { app, actor: null, changes: ['image'], revision });
    const running = (url: string | null) =>
      harness.message(appPhaseChanged, phase(app, 'deploying', 'running', { url }));
    const messages = [
      ...[updated(1), updated(2), running('https://one.example.com'), updated(3), running(null), updated(4)],
      ...[running('https://two.example.com'), updated(5), harness.message(appDeleted, { app })],
    ];
    await Promise.all(messages.map((message) => harness.deliver(message)));
    await waitFor(() => receiver.received(hook.path).length === 6);
    const urlOf = new Map(receiver.received(hook.path).map(({ headers, body }) => [headers['webhook-id'], body.url]));
    expect([0, 1, 3, 5, 7, 8].map((index) => urlOf.get(messages[index]?.envelope.operationId))).toEqual([
      null,
      null,
      'https://one.example.com',
      null,
      'https://two.example.com',
      null,
    ]);
    expect(await harness.dataSource.query('select 1 from app_url where "appId" = $1', [app.id])).toEqual([]);
  });

  it('are one for an event that is delivered twice, in whatever order events come', async () => {
    const hook = await subscribe();
    const started = harness.message(appPhaseChanged, phase(app, 'pending', 'deploying'));
    const completed = harness.message(appPhaseChanged, phase(app, 'deploying', 'running'));
    for (const message of [completed, started, completed, started]) await harness.deliver(message);
    await harness.dataSource.query(`delete from inbox where operation_id = any($1)`, [
      [started.envelope.operationId, completed.envelope.operationId],
    ]);
    for (const message of [started, completed]) await harness.deliver(message);
    await waitFor(async () => (await list(hook, { status: 'delivered' })).total === 2);
    expect(receiver.received(hook.path)).toHaveLength(2);
    expect((await list(hook)).total).toBe(2);
  });

  it('are claimed the oldest first, as many of each endpoint as are asked for', async () => {
    const [one, other, none] = [randomUUID(), randomUUID(), randomUUID()];
    const dueSince = [
      [one, 'a', 2],
      [one, 'b', 3],
      [other, 'c', 1],
      [one, 'd', 1],
      [other, 'not yet', -1],
    ] as const;
    const runner = harness.dataSource.createQueryRunner();
    // Nobody else sees them before the commit, which never comes.
    await runner.startTransaction();
    try {
      for (const [endpointId, body, seconds] of dueSince) {
        await runner.query(
          `insert into delivery ("id", "endpointId", "ownerId", "eventId", "type", "appId", "body", "status", "attempts",
                                 "attemptLog", "nextAttemptAt", "createdAt")
           values ($1, $2, $1, $1, 'deployment_updated', $1, $3, 'pending', 0, '[]', now() - $4 * interval '1 second', now())`,
          [randomUUID(), endpointId, body, seconds],
        );
      }
      const claim = async (...ids: string[]) =>
        (await claimDeliveries(runner.manager, ids)).map((delivery) => delivery?.body);
      expect(await claim(one, none, other, one)).toEqual(['b', undefined, 'c', 'a']);
      expect(await claim(other, one, one)).toEqual([undefined, 'd', undefined]);
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  });

  it('F9 are tried again after about five seconds under the same id, and arrive when the endpoint is well again', async () => {
    let ill = true;
    const hook = await subscribe((_, response) => void response.writeHead(ill ? 500 : 200).end());
    await tell('deploying', 'running');
    const failed = await ended(hook);
    expect(failed).toMatchObject({
      status: 'pending',
      lastStatusCode: 500,
      lastError: 'The endpoint answered 500.',
      deliveredAt: null,
    });
    const [row] = await harness.dataSource.query<{ delay: number }[]>(
      `select extract(epoch from "nextAttemptAt" - ("attemptLog"->0->>'at')::timestamptz)::float as delay
         from delivery where "endpointId" = $1`,
      [hook.subscription.id],
    );
    expect(row?.delay).toBeGreaterThan(3.9);
    expect(row?.delay).toBeLessThan(7);
    ill = false;
    await makeDue(hook);
    expect(await ended(hook, 2)).toMatchObject({ status: 'delivered', lastStatusCode: 200, lastError: null });
    const [first, second] = receiver.received(hook.path);
    expect(second?.text).toBe(first?.text);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second && isSigned(second, keyOf(hook))).toBe(true);
    const [stored] = await harness.rows(DeliveryEntity, { endpointId: hook.subscription.id });
    expect(stored?.attemptLog).toMatchObject([
      { statusCode: 500, error: 'The endpoint answered 500.' },
      { statusCode: 200, error: null },
    ]);
  });

  it('F9 wait as long as the endpoint asks for', async () => {
    const hook = await subscribe((_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end());
    await tell('deploying', 'running');
    const { nextAttemptAt } = await ended(hook);
    const waitMs = Date.parse(nextAttemptAt ?? '') - Date.now();
    expect(waitMs).toBeGreaterThan(3_500_000);
    expect(waitMs).toBeLessThan(3_700_000);
  });

  it('fail for good after the tenth attempt', async () => {
    const hook = await subscribe((_, response) => void response.writeHead(503).end());
    await tell('deploying', 'running');
    await ended(hook);
    for (let attempt = 2; attempt <= 10; attempt += 1) {
      await makeDue(hook);
      await ended(hook, attempt);
    }
    expect(await only(hook)).toMatchObject({ status: 'failed', attempts: 10, nextAttemptAt: null, deliveredAt: null });
    await makeDue(hook);
    expect(receiver.received(hook.path)).toHaveLength(10);
  });

  it('S11 do not follow redirects', async () => {
    const goal = receiver.at(`/${randomUUID()}`);
    const hook = await subscribe((_, response) => void response.writeHead(307, { location: goal }).end());
    await tell('deploying', 'running');
    expect(await ended(hook)).toMatchObject({
      status: 'pending',
      lastStatusCode: 307,
      lastError: 'The endpoint answered 307; redirects are not followed.',
    });
    expect(receiver.received(new URL(goal).pathname)).toEqual([]);
  });

  it('F9 read no more of an answer than a little', async () => {
    let written = 0;
    const closed = new Promise<void>((resolve) => {
      void subscribe((request, response) => {
        response.writeHead(200);
        const chunk = Buffer.alloc(16 * 1024);
        const write = (): void => {
          while (!response.destroyed) {
            written += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', write);
          }
        };
        request.socket.once('close', resolve);
        write();
      }).then(() => tell('deploying', 'running'));
    });
    await closed;
    // What lies in the buffers of both sockets comes on top.
    expect(written).toBeLessThan(8 * 1024 * 1024);
    const delivered = await waitFor(async () => {
      const rows = await harness.rows(DeliveryEntity, { appId: app.id, status: 'delivered' });
      return rows.some(({ endpointId }) => endpointId !== OPERATOR_ENDPOINT) && rows;
    });
    expect(delivered.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it('F9 survive an endpoint that cuts the connection, speaks no HTTP, or is not there', async () => {
    const cut = await subscribe((request) => void request.socket.resetAndDestroy());
    const babbling = await subscribe((request) => void request.socket.end('what?\r\n\r\n'));
    const away = await subscribe();
    await harness.dataSource.query(`update subscription set url = 'http://127.0.0.1:1/' where id = $1`, [
      away.subscription.id,
    ]);
    await tell('deploying', 'running');
    expect(await ended(cut)).toMatchObject({ lastError: 'The connection was cut before an answer came.' });
    expect(await ended(babbling)).toMatchObject({ lastError: 'The answer was no HTTP that can be read.' });
    expect(await ended(away)).toMatchObject({ lastError: 'The connection was refused.' });
  });

  it('S11 have their address judged at every connect, whatever it was when the webhook was made', async () => {
    const hook = await subscribe();
    await harness.dataSource.query(`update subscription set url = $2 where id = $1`, [
      hook.subscription.id,
      `http://[::1]:${receiver.port}${hook.path}`,
    ]);
    await tell('deploying', 'running');
    expect(await ended(hook)).toMatchObject({
      lastStatusCode: null,
      lastError: 'The host is at an address that webhooks may not go to.',
    });
    expect(receiver.received(hook.path)).toEqual([]);
  });

  it('P6 to an endpoint that hangs delay no other, and are cut after ten seconds', async () => {
    const hanging = await subscribe(() => undefined);
    const well = await subscribe();
    for (let count = 0; count < 6; count += 1) await tell('deploying', 'running');
    await waitFor(() => receiver.received(hanging.path).length === 4);
    const before = performance.now();
    await tell('running', 'failed');
    await waitFor(() => receiver.received(well.path).length === 7, { intervalMs: 2 });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(receiver.received(hanging.path)).toHaveLength(4);
    const cut = await waitFor(
      async () => {
        const { deliveries } = await list(hanging);
        return deliveries.find(({ attempts }) => attempts > 0);
      },
      { timeoutMs: 15_000 },
    );
    expect(cut).toMatchObject({ status: 'pending', lastStatusCode: null, lastError: 'No answer within 10 s.' });
    await harness.execute(deleteSubscription, { id: hanging.subscription.id }, { actor: kim });
  });

  it('P6 to a dead and a slow one among ten reach the other eight as fast as without them', async () => {
    const dead: Behaviour = () => undefined;
    const slow: Behaviour = (_, response) => void setTimeout(() => response.writeHead(204).end(), 3_000);
    const groupOf = async (behaviours: readonly (Behaviour | undefined)[]) => {
      const owner = actor();
      const paths = await Promise.all(
        behaviours.map(async (behaviour) => {
          const path = `/${randomUUID()}`;
          const input = { name: path, url: receiver.at(path, behaviour), types: [...WEBHOOK_TYPES] };
          await harness.execute(createSubscription, input, { actor: owner });
          return path;
        }),
      );
      const well = paths.filter((_, index) => behaviours[index] === undefined).slice(0, 8);
      return { app: appOf(owner.userId), well, delays: [] as number[] };
    };
    const healthy = await groupOf(Array.from({ length: 10 }));
    const mixed = await groupOf([dead, slow, ...Array.from<undefined>({ length: 8 })]);
    // Taken in turns, so that a busy machine is busy for both.
    for (let round = 1; round <= 15; round += 1) {
      for (const { app, well, delays } of [healthy, mixed]) {
        await harness.deliver(harness.message(appPhaseChanged, phase(app, 'deploying', 'running')));
        const committed = performance.now();
        await waitFor(() => well.every((path) => receiver.received(path).length === round), { intervalMs: 2 });
        delays.push(performance.now() - committed);
      }
    }
    const [without, beside] = [healthy, mixed].map(({ delays }) => delays.sort((one, other) => one - other)[7] ?? 0);
    expect(beside).toBeLessThan(2 * (without ?? 0) + 50);
    expect(Math.max(...mixed.delays)).toBeLessThan(3_000);
  });

  it('P6 to many webhooks of one user that hang delay no other user', async () => {
    const held: (() => void)[] = [];
    const hold: Behaviour = (_, response) => void held.push(() => response.writeHead(204).end());
    const hanging = await Promise.all(Array.from({ length: 12 }, () => subscribe(hold)));
    for (let count = 0; count < 4; count += 1) await tell('deploying', 'running');
    await waitFor(() => held.length === 40);
    const other = actor();
    const path = `/${randomUUID()}`;
    const input = { name: 'well', url: receiver.at(path), types: [...WEBHOOK_TYPES] };
    await harness.execute(createSubscription, input, { actor: other });
    const before = performance.now();
    await harness.deliver(harness.message(appDeleted, { app: appOf(other.userId) }));
    await waitFor(() => receiver.received(path).length === 1, { intervalMs: 2 });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(held).toHaveLength(40);
    // As places become free, what waits has its turn.
    await waitFor(() => {
      for (const answer of held.splice(0)) answer();
      return hanging.every((hook) => receiver.received(hook.path).length === 4);
    });
  });

  it('come again after the process ended in the middle of an attempt', async () => {
    let stuck = true;
    const hook = await subscribe((_, response) => {
      if (!stuck) response.writeHead(204).end();
    });
    await tell('deploying', 'running');
    await waitFor(() => receiver.received(hook.path).length === 1);
    await harness.stop();
    await harness.start();
    expect(await only(hook)).toMatchObject({ status: 'pending', attempts: 0 });
    stuck = false;
    await makeDue(hook);
    await ended(hook);
    const [first, second] = receiver.received(hook.path);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  it('are found by the clock when nobody was woken', async () => {
    let ill = true;
    const hook = await subscribe((_, response) => void response.writeHead(ill ? 500 : 204).end());
    await tell('deploying', 'running');
    await ended(hook);
    ill = false;
    await harness.dataSource.query(`update delivery set "nextAttemptAt" = now() where "endpointId" = $1`, [
      hook.subscription.id,
    ]);
    expect(await ended(hook, 2)).toMatchObject({ status: 'delivered' });
  });

  it('end with the webhook that is switched off or deleted', async () => {
    const ill: Behaviour = (_, response) => void response.writeHead(500).end();
    const off = await subscribe(ill);
    const deleted = await subscribe(ill);
    await tell('deploying', 'running');
    await Promise.all([ended(off), ended(deleted)]);
    await harness.execute(updateSubscription, { id: off.subscription.id, active: false }, { actor: kim });
    await harness.execute(deleteSubscription, { id: deleted.subscription.id }, { actor: kim });
    expect(await only(off)).toMatchObject({
      status: 'failed',
      lastError: 'The webhook was switched off.',
      nextAttemptAt: null,
    });
    expect(await harness.rows(DeliveryEntity, { endpointId: deleted.subscription.id })).toEqual([]);
  });

  it('are listed page by page, newest first, by status', async () => {
    const hook = await subscribe((_, response) => {
      response.writeHead(receiver.received(hook.path).length > 3 ? 500 : 204).end();
    });
    for (let count = 1; count <= 5; count += 1) {
      await tell('deploying', 'running');
      await waitFor(async () => (await list(hook)).deliveries.every(({ attempts }) => attempts === 1));
    }
    const everything = await list(hook);
    expect(everything.total).toBe(5);
    expect(everything.deliveries.map(({ status }) => status)).toEqual([
      'pending',
      'pending',
      'delivered',
      'delivered',
      'delivered',
    ]);
    const second = await list(hook, { page: 2, limit: 2 });
    expect(second.total).toBe(5);
    expect(second.deliveries).toEqual(everything.deliveries.slice(2, 4));
    expect((await list(hook, { page: 4, limit: 2 })).deliveries).toEqual([]);
    const pending = await list(hook, { status: 'pending' });
    expect(pending).toEqual({ deliveries: everything.deliveries.slice(0, 2), total: 2 });
    expect(await list(hook, { status: 'failed' })).toEqual({ deliveries: [], total: 0 });
  });

  describe('to a webhook that is given up', () => {
    const state = ({ subscription }: Hook) => harness.query(getSubscription, { id: subscription.id }, { actor: kim });
    const failingFor = ({ subscription }: Hook, interval: string) =>
      harness.dataSource.query(`update subscription set "failingSince" = now() - $2::interval where id = $1`, [
        subscription.id,
        interval,
      ]);

    it('end when it answers 410, which disables it and says why', async () => {
      const hook = await subscribe((_, response) => void response.writeHead(410).end());
      const { updatedAt } = hook.subscription;
      await tell('deploying', 'running');
      const disabled = await waitFor(async () => {
        const now = await state(hook);
        return !now.active && now;
      });
      expect(disabled.disabledReason).toBe('The endpoint answered 410: it is gone.');
      expect(disabled.updatedAt > updatedAt).toBe(true);
      expect(await only(hook)).toMatchObject({
        status: 'failed',
        attempts: 1,
        lastStatusCode: 410,
        nextAttemptAt: null,
      });
      await tell('running', 'failed');
      expect((await list(hook)).total).toBe(1);
      const enabled = await harness.execute(
        updateSubscription,
        { id: hook.subscription.id, active: true },
        { actor: kim },
      );
      expect(enabled).toMatchObject({ active: true, disabledReason: null });
    });

    it('end after five days of nothing but failures, not before', async () => {
      const hook = await subscribe((_, response) => void response.writeHead(500).end());
      await tell('deploying', 'running');
      await ended(hook);
      await failingFor(hook, '4 days 23 hours');
      await makeDue(hook);
      await ended(hook, 2);
      // The judgement comes right after the attempt is written down; a third one shows that the second did not disable it.
      await makeDue(hook);
      await ended(hook, 3);
      expect(await state(hook)).toMatchObject({ active: true, disabledReason: null });
      await failingFor(hook, '5 days 1 second');
      await makeDue(hook);
      await waitFor(async () => !(await state(hook)).active);
      expect(await state(hook)).toMatchObject({ disabledReason: 'All attempts of five days failed.' });
      expect(await only(hook)).toMatchObject({ status: 'failed', attempts: 4, nextAttemptAt: null });
    });

    const mailsTo = (address: string): readonly ReceivedMail[] =>
      smtp.received.filter(({ to }) => to.includes(address));
    const textOf = ({ source }: ReceivedMail): string => source.replaceAll('=\r\n', '').replaceAll('=3D', '=');
    const gone: Behaviour = (_, response) => void response.writeHead(410).end();

    it('tell their owner so by one mail, also when many fail at once', async () => {
      const hook = await subscribe(gone);
      const other = await subscribe(gone, []);
      await Promise.all([tell('deploying', 'running'), tell('running', 'failed'), tell('failed', 'running')]);
      const [mail] = await waitFor(() => mailsTo(kim.email).length > 0 && mailsTo(kim.email));
      expect(mail && textOf(mail)).toContain('Subject: A webhook was disabled');
      expect(mail && textOf(mail)).toContain(
        `Your webhook ${hook.path} was disabled: The endpoint answered 410: it is gone.`,
      );
      expect(mail && textOf(mail)).toContain(`Nothing is sent to ${hook.subscription.url} until you enable it again.`);
      await waitFor(async () => (await list(hook)).deliveries.every(({ nextAttemptAt }) => nextAttemptAt === null));
      // The next mail to the same address would be a second one about the first webhook, were there any.
      await harness.execute(
        updateSubscription,
        { id: other.subscription.id, types: [...WEBHOOK_TYPES] },
        { actor: kim },
      );
      await tell('deploying', 'running');
      await waitFor(() => mailsTo(kim.email).length > 1);
      expect(mailsTo(kim.email).map((one) => textOf(one).includes(other.path))).toEqual([false, true]);
    });

    it('tell their owner also after five days', async () => {
      const hook = await subscribe((_, response) => void response.writeHead(500).end());
      await tell('deploying', 'running');
      await ended(hook);
      expect(mailsTo(kim.email)).toEqual([]);
      await failingFor(hook, '5 days 1 second');
      await makeDue(hook);
      const [mail] = await waitFor(() => mailsTo(kim.email).length > 0 && mailsTo(kim.email));
      expect(mail && textOf(mail)).toContain(
        `Your webhook ${hook.path} was disabled: All attempts of five days failed.`,
      );
    });

    it('write to the address that the owner changed to last, however late and in whatever order that is heard', async () => {
      const { userId } = kim;
      const [second, third] = [`second-${userId}@example.org`, `third-${userId}@example.org`];
      const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;
      await harness.publish(userUpdated, { userId, email: third }, { occurredAt: minutesAgo(1) });
      await harness.publish(userUpdated, { userId, email: second }, { occurredAt: minutesAgo(2) });
      // Told by a release that did not name it yet.
      await harness.publish(userUpdated, { userId });
      // The credential still says what it said when it was checked.
      await subscribe(gone);
      await tell('deploying', 'running');
      await waitFor(() => mailsTo(third).length === 1);
      expect([mailsTo(kim.email), mailsTo(second)]).toEqual([[], []]);
    });

    it('follow a change of the address that comes after the webhook', async () => {
      const { userId } = kim;
      await subscribe(gone);
      const email = `moved-${userId}@example.org`;
      await harness.publish(userUpdated, { userId, email }, { occurredAt: Date.now() });
      await tell('deploying', 'running');
      await waitFor(() => mailsTo(email).length === 1);
      expect(mailsTo(kim.email)).toEqual([]);
    });

    it('are ended without a mail while no address is known, which the log says; changing the webhook makes it known', async () => {
      const hook = await subscribe(gone);
      const { id } = hook.subscription;
      // As webhooks are that were made by a release without addresses.
      await harness.dataSource.query(`delete from mail_address where "userId" = $1`, [kim.userId]);
      await tell('deploying', 'running');
      await waitFor(async () => !(await state(hook)).active);
      await waitFor(() =>
        readFileSync(harness.logFile, 'utf8')
          .split('\n')
          .some((line) => line.includes('their address is not known') && line.includes(id)),
      );
      expect(mailsTo(kim.email)).toEqual([]);
      await harness.execute(updateSubscription, { id, active: true }, { actor: kim });
      await tell('running', 'failed');
      await waitFor(() => mailsTo(kim.email).length === 1);
    });

    it('begin the five days anew with a success, another address, or when it is enabled again', async () => {
      let ill = true;
      const since = async (hook: Hook): Promise<unknown> => {
        const [row] = await harness.dataSource.query<{ failingSince: Date | null }[]>(
          `select "failingSince" from subscription where id = $1`,
          [hook.subscription.id],
        );
        return row?.failingSince;
      };
      const hook = await subscribe((_, response) => void response.writeHead(ill ? 500 : 204).end());
      const { id } = hook.subscription;
      await tell('deploying', 'running');
      await waitFor(async () => (await since(hook)) !== null);
      ill = false;
      await makeDue(hook);
      await waitFor(async () => (await since(hook)) === null);
      for (const change of [{ active: true }, { url: receiver.at(`/${randomUUID()}`) }]) {
        await failingFor(hook, '6 days');
        await harness.execute(updateSubscription, { id, name: hook.path }, { actor: kim });
        expect(await since(hook)).not.toBeNull();
        await harness.execute(updateSubscription, { id, ...change }, { actor: kim });
        expect(await since(hook)).toBeNull();
      }
    });

    it('are not begun by a failure that is judged together with a success, in whatever order', async () => {
      const hook = await subscribe();
      const { id: endpointId, url } = hook.subscription;
      const failed = { endpointId, url, attempt: { statusCode: 500, error: 'no', retryAfterMs: null } };
      const arrived = { endpointId, url, attempt: { statusCode: 204, error: null, retryAfterMs: null } };
      const { manager } = harness.dataSource;
      await failingFor(hook, '6 days');
      expect(await judgeEndpoints(manager, [failed, arrived, failed])).toEqual([undefined, undefined, undefined]);
      const [row] = await harness.rows(SubscriptionEntity, { id: endpointId });
      expect(row?.failingSince).toBeNull();
      await failingFor(hook, '6 days');
      const reason = 'All attempts of five days failed.';
      const elsewhere = { ...failed, url: `${url}/elsewhere` };
      expect(await judgeEndpoints(manager, [failed, failed])).toEqual([reason, reason]);
      await failingFor(hook, '1 hour');
      expect(await judgeEndpoints(manager, [elsewhere, failed])).toEqual([undefined, undefined]);
    });

    it('are judged by the address that they went to', async () => {
      const held: (() => void)[] = [];
      const hook = await subscribe((_, response) => void held.push(() => response.writeHead(410).end()));
      await tell('deploying', 'running');
      await waitFor(() => held.length === 1);
      const url = receiver.at(`/${randomUUID()}`);
      await harness.execute(updateSubscription, { id: hook.subscription.id, url }, { actor: kim });
      held[0]?.();
      await ended(hook);
      await makeDue(hook);
      expect(await ended(hook, 2)).toMatchObject({ status: 'delivered' });
      expect(await state(hook)).toMatchObject({ active: true, url });
    });
  });

  describe('one by one', () => {
    const ref = ({ subscription }: Hook, { id }: DeliveryView) => ({ subscriptionId: subscription.id, id });

    it('are shown with what was sent and each attempt, to their owner alone', async () => {
      const hook = await subscribe((_, response) => void response.writeHead(500).end());
      await tell('deploying', 'running');
      const delivery = await ended(hook);
      const detail = await harness.query(getDelivery, ref(hook, delivery), { actor: kim });
      expect(detail).toEqual({
        delivery,
        payload: receiver.received(hook.path)[0]?.body,
        attemptLog: [
          {
            at: expect.any(String),
            durationMs: expect.any(Number),
            statusCode: 500,
            error: 'The endpoint answered 500.',
          },
        ],
      });
      const other = await subscribe();
      for (const [input, who, noun] of [
        [ref(hook, delivery), actor(), 'subscription'],
        [ref(other, delivery), kim, 'delivery'],
      ] as const) {
        await expect(harness.query(getDelivery, input, { actor: who })).rejects.toMatchObject({
          problem: { kind: 'not_found', noun },
        });
        await expect(harness.execute(replayDelivery, input, { actor: who })).rejects.toMatchObject({
          problem: { kind: 'not_found', noun },
        });
      }
    });

    it('are sent again as they were when replayed, once per command, as a delivery of its own', async () => {
      const hook = await subscribe();
      await tell('deploying', 'running');
      const delivery = await ended(hook);
      const command = harness.message(replayDelivery, ref(hook, delivery), { actor: kim });
      await harness.deliver(command);
      await harness.deliver(command);
      const sent = await waitFor(() => receiver.received(hook.path).length > 1 && receiver.received(hook.path));
      const [first, second] = sent;
      expect(second?.text).toBe(first?.text);
      expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
      await waitFor(async () => (await list(hook, { status: 'delivered' })).total === 2);
      const { deliveries } = await list(hook);
      expect(deliveries.map(({ eventId }) => eventId)).toEqual([delivery.eventId, delivery.eventId]);
      // A replay is repeated like any other.
      const again = deliveries.find(({ id }) => id !== delivery.id);
      if (!again) throw new Error('no replay is listed');
      await harness.execute(replayDelivery, ref(hook, again), { actor: kim });
      await waitFor(() => receiver.received(hook.path).length === 3);
    });

    it('keep one delivery per event beside their replays', async () => {
      const hook = await subscribe();
      const message = harness.message(appPhaseChanged, phase(app, 'deploying', 'running'));
      await harness.deliver(message);
      const delivery = await ended(hook);
      await harness.execute(replayDelivery, ref(hook, delivery), { actor: kim });
      await waitFor(async () => (await list(hook, { status: 'delivered' })).total === 2);
      await harness.dataSource.query(`delete from inbox where operation_id = $1`, [message.envelope.operationId]);
      await harness.deliver(message);
      expect((await list(hook)).total).toBe(2);
    });

    it('are not replayed to a webhook that is switched off', async () => {
      const hook = await subscribe();
      await tell('deploying', 'running');
      const delivery = await ended(hook);
      await harness.execute(updateSubscription, { id: hook.subscription.id, active: false }, { actor: kim });
      await expect(harness.execute(replayDelivery, ref(hook, delivery), { actor: kim })).rejects.toMatchObject({
        problem: { kind: 'conflict', noun: 'subscription' },
      });
      expect((await list(hook)).total).toBe(1);
    });
  });

  describe('after a rotation', () => {
    const signaturesOf = (received: Received | undefined): string[] =>
      String(received?.headers['webhook-signature']).split(' ');
    const signedWith = (received: Received | undefined, hook: Hook): string => {
      const signed = `${String(received?.headers['webhook-id'])}.${String(received?.headers['webhook-timestamp'])}.${received?.text}`;
      return `v1,${createHmac('sha256', keyOf(hook)).update(signed).digest('base64')}`;
    };
    const sent = async (hook: Hook, count: number): Promise<Received | undefined> => {
      await tell('deploying', 'running');
      return (await waitFor(() => receiver.received(hook.path).length === count && receiver.received(hook.path))).at(
        -1,
      );
    };
    const rotate = ({ subscription }: Hook) => harness.execute(rotateSecret, { id: subscription.id }, { actor: kim });

    it('both secrets sign for a day, the new one first, then it alone', async () => {
      const hook = await subscribe();
      const { secret, previousExpiresAt } = await rotate(hook);
      const rotated = { ...hook, secret };
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(secret).not.toBe(hook.secret);
      const inHours = (Date.parse(previousExpiresAt) - Date.now()) / 3_600_000;
      expect(inHours).toBeGreaterThan(23.9);
      expect(inHours).toBeLessThanOrEqual(24);
      const first = await sent(hook, 1);
      expect(signaturesOf(first)).toEqual([signedWith(first, rotated), signedWith(first, hook)]);
      await harness.dataSource.query(
        `update subscription set "previousSecretExpiresAt" = now() - interval '1 second' where id = $1`,
        [hook.subscription.id],
      );
      const second = await sent(hook, 2);
      expect(signaturesOf(second)).toEqual([signedWith(second, rotated)]);
    });

    it('the one before the last signs no more after a second one', async () => {
      const hook = await subscribe();
      const second = { ...hook, secret: (await rotate(hook)).secret };
      const third = { ...hook, secret: (await rotate(hook)).secret };
      const received = await sent(hook, 1);
      expect(signaturesOf(received)).toEqual([signedWith(received, third), signedWith(received, second)]);
    });

    it('a secret that the owner sets signs alone', async () => {
      const hook = await subscribe();
      await rotate(hook);
      const secret = `whsec_${Buffer.from('the owner’s own').toString('base64')}`;
      await harness.execute(updateSubscription, { id: hook.subscription.id, secret }, { actor: kim });
      const received = await sent(hook, 1);
      expect(signaturesOf(received)).toEqual([signedWith(received, { ...hook, secret })]);
    });

    it('S8 no secret is stored in clear, and a command that is delivered twice rotates once', async () => {
      const hook = await subscribe();
      const command = harness.message(rotateSecret, { id: hook.subscription.id }, { actor: kim });
      const answers = [await harness.deliver(command), await harness.deliver(command)];
      expect(answers[1]).toEqual(answers[0]);
      const { secret } = answers[0] as { secret: string };
      for (const table of ['subscription', 'inbox', 'outbox']) {
        const dump = JSON.stringify(await harness.dataSource.query<object[]>(`select * from ${table}`));
        for (const clear of [secret, hook.secret]) expect(dump, table).not.toContain(clear);
      }
    });
  });

  describe('of a test', () => {
    const test = ({ subscription }: Hook, who = kim) =>
      harness.execute(testSubscription, { id: subscription.id }, { actor: who });

    it('are made at once, signed, with a body of their own, and listed nowhere', async () => {
      const hook = await subscribe(undefined, []);
      const answer = await test(hook);
      expect(answer).toEqual({ success: true, statusCode: 204, error: null, responseTimeMs: expect.any(Number) });
      const [received] = receiver.received(hook.path);
      expect(received?.body).toEqual({
        event: 'webhook.test',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
        data: { message: expect.any(String), user_id: kim.userId, webhook_id: hook.subscription.id },
      });
      expect(received && isSigned(received, keyOf(hook))).toBe(true);
      expect((await list(hook)).total).toBe(0);
    });

    it('tell how it went', async () => {
      const ill = await subscribe((_, response) => void response.writeHead(500).end());
      expect(await test(ill)).toMatchObject({ success: false, statusCode: 500, error: null });
      const away = await subscribe();
      await harness.dataSource.query(`update subscription set url = 'http://127.0.0.1:1/' where id = $1`, [
        away.subscription.id,
      ]);
      expect(await test(away)).toMatchObject({
        success: false,
        statusCode: null,
        error: 'The connection was refused.',
      });
    });

    it('answer a repeated command as the first time, under the same webhook-id', async () => {
      const hook = await subscribe();
      const command = harness.message(testSubscription, { id: hook.subscription.id }, { actor: kim });
      const [first, second] = [await harness.deliver(command), await harness.deliver(command)];
      expect(second).toEqual(first);
      expect(new Set(receiver.received(hook.path).map(({ headers }) => headers['webhook-id']))).toEqual(
        new Set([command.envelope.operationId]),
      );
    });

    it('answer a repeated command as the first time also when the webhook is gone, or switched on, by now', async () => {
      const hook = await subscribe();
      const { id } = hook.subscription;
      const command = harness.message(testSubscription, { id }, { actor: kim });
      const first = await harness.deliver(command);
      await harness.execute(updateSubscription, { id, active: false }, { actor: kim });
      const refused = harness.message(testSubscription, { id }, { actor: kim });
      await expect(harness.deliver(refused)).rejects.toMatchObject({ problem: { kind: 'not_found' } });
      await harness.execute(updateSubscription, { id, active: true }, { actor: kim });
      await expect(harness.deliver(refused)).rejects.toMatchObject({ problem: { kind: 'not_found' } });
      await harness.execute(deleteSubscription, { id }, { actor: kim });
      expect(await harness.deliver(command)).toEqual(first);
    });

    it('are refused for a webhook that is switched off, or another’s, and beyond four at once', async () => {
      const off = await subscribe();
      await harness.execute(updateSubscription, { id: off.subscription.id, active: false }, { actor: kim });
      await expect(test(off)).rejects.toMatchObject({ problem: { kind: 'not_found' } });
      const held: (() => void)[] = [];
      const slow = await subscribe((_, response) => void held.push(() => response.writeHead(204).end()));
      await expect(test(slow, actor())).rejects.toMatchObject({ problem: { kind: 'not_found' } });
      const running = Array.from({ length: 4 }, () => test(slow));
      await waitFor(() => held.length === 4);
      await expect(test(slow)).rejects.toMatchObject({ problem: { kind: 'rate_limited' } });
      for (const answer of held) answer();
      for (const answer of await Promise.all(running)) expect(answer.success).toBe(true);
    });
  });

  describe('to WEBHOOK_URL', () => {
    const ofApp = () => receiver.received('/operator').filter(({ body }) => body.deployment_id === app.id);

    it('tell of every user’s deployments the documented types and those named, signed with WEBHOOK_SECRET', async () => {
      await tell('pending', 'deploying');
      await tell('deploying', 'running');
      await tell('running', 'stopped');
      await tell('running', 'failed');
      await harness.deliver(harness.message(appDeleted, { app }));
      await waitFor(() => ofApp().length === 4);
      expect(
        ofApp()
          .map(({ body }) => body.type)
          .sort(),
      ).toEqual(['deployment_completed', 'deployment_deleted', 'deployment_failed', 'deployment_started']);
      expect(ofApp().map(({ body }) => body.user_id)).toEqual(Array.from({ length: 4 }, () => kim.userId));
      for (const one of ofApp()) expect(isSigned(one, Buffer.from(OPERATOR_SECRET))).toBe(true);
    });
  });
});
