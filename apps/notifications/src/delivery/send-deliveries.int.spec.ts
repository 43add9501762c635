import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import {
  appDeleted,
  appPhaseChanged,
  appScaled,
  appUpdated,
  createSubscription,
  deleteSubscription,
  replayDelivery,
  updateSubscription,
  WEBHOOK_TYPES,
} from '@slipway/contracts';
import { actor, type Harness, waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import { appOf, phase } from '../fixture/facts.js';
import type { Behaviour, Receiver } from '../fixture/notifications.js';
import { type Hook, isSigned, keyOf, useWebhooks, type WebhookOwner } from '../fixture/webhook-owner.js';
import { beginHeld, claimDeliveries, type HeldDelivery } from './claim-deliveries.js';

describe('deliveries', () => {
  let harness: Harness;
  let receiver: Receiver;
  let kim: WebhookOwner;
  useWebhooks((given) => ({ harness, receiver, kim } = given));

  it('arrive signed right after the commit, with exactly the documented body', async () => {
    const hook = await kim.subscribe();
    const message = harness.message(
      appPhaseChanged,
      phase(kim.app, 'deploying', 'running', { url: 'https://shop.example.com' }),
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
      deployment_id: kim.app.id,
      status: 'completed',
      type: 'deployment_completed',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
      app_name: 'shop',
      user_id: kim.actor.userId,
      url: 'https://shop.example.com',
    });
    expect(received && isSigned(received, keyOf(hook))).toBe(true);
    expect(await kim.ended(hook)).toMatchObject({
      eventId: message.envelope.operationId,
      type: 'deployment_completed',
      appId: kim.app.id,
      status: 'delivered',
      lastStatusCode: 204,
      lastError: null,
      nextAttemptAt: null,
      deliveredAt: expect.any(String),
    });
  });

  it('begin within a fraction of a second, far from the next tick of the clock', async () => {
    const hook = await kim.subscribe();
    const delays: number[] = [];
    for (let round = 1; round <= 10; round += 1) {
      await kim.tell('deploying', 'running');
      const committed = performance.now();
      await waitFor(() => receiver.received(hook.path).length === round, { intervalMs: 2 });
      delays.push(performance.now() - committed);
    }
    delays.sort((one, other) => one - other);
    expect(delays[5]).toBeLessThan(100);
  });

  it('that follow each other at once share a connection, which is closed when none has come for a second', async () => {
    const sockets: Socket[] = [];
    const hook = await kim.subscribe((request, response) => {
      sockets.push(request.socket);
      response.writeHead(204).end();
    });
    const deliver = async (): Promise<void> => {
      const wanted = sockets.length + 1;
      await kim.tell('deploying', 'running');
      await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total === wanted);
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
    const wanted = await kim.subscribe(undefined, ['deployment_failed', 'deployment_scale_failed']);
    const other = await kim.subscribe(undefined, ['deployment_stopped']);
    const nothing = await kim.subscribe(undefined, []);
    const off = await kim.subscribe();
    await harness.execute(updateSubscription, { id: off.subscription.id, active: false }, { actor: kim.actor });
    await kim.tell('deploying', 'running');
    await kim.tell('scaling', 'failed', { after: 'scale' });
    await waitFor(() => receiver.received(wanted.path).length === 2);
    const [first, second] = receiver.received(wanted.path);
    expect([first?.body.type, second?.body.type].sort()).toEqual(['deployment_failed', 'deployment_scale_failed']);
    // One id would make a receiver drop the second as a repetition.
    expect(first?.headers['webhook-id']).not.toBe(second?.headers['webhook-id']);
    for (const hook of [other, nothing, off]) expect(await kim.list(hook)).toEqual({ deliveries: [], total: 0 });
  });

  it('name the url that the App was last known to have', async () => {
    const hook = await kim.subscribe(undefined, ['deployment_scaling', 'deployment_updated', 'deployment_deleted']);
    const bodies = () => receiver.received(hook.path).map(({ body }) => [body.type, body.url]);
    await harness.publish(appUpdated, { app: kim.app, actor: null, changes: ['image'], revision: 2 });
    await waitFor(() => bodies().length === 1);
    await kim.tell('deploying', 'running', { url: 'https://shop.example.com' });
    await harness.publish(appScaled, { app: kim.app, actor: null, old: 1, new: 2 });
    await waitFor(() => bodies().length === 2);
    await harness.publish(appDeleted, { app: kim.app });
    await waitFor(() => bodies().length === 3);
    expect(bodies()).toEqual([
      ['deployment_updated', null],
      ['deployment_scaling', 'https://shop.example.com'],
      ['deployment_deleted', null],
    ]);
    expect(await harness.dataSource.query('select 1 from app_url where "appId" = $1', [kim.app.id])).toEqual([]);
  });

  it('name the url as of each fact when many come at once', async () => {
    const hook = await kim.subscribe(undefined, ['deployment_updated', 'deployment_deleted']);
    const updated = (revision: number) =>
      harness.message(appUpdated, { app: kim.app, actor: null, changes: ['image'], revision });
    const running = (url: string | null) =>
      harness.message(appPhaseChanged, phase(kim.app, 'deploying', 'running', { url }));
    const messages = [
      ...[updated(1), updated(2), running('https://one.example.com'), updated(3), running(null), updated(4)],
      ...[running('https://two.example.com'), updated(5), harness.message(appDeleted, { app: kim.app })],
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
    expect(await harness.dataSource.query('select 1 from app_url where "appId" = $1', [kim.app.id])).toEqual([]);
  });

  it('are one for an event that is delivered twice, in whatever order events come', async () => {
    const hook = await kim.subscribe();
    const started = harness.message(appPhaseChanged, phase(kim.app, 'pending', 'deploying'));
    const completed = harness.message(appPhaseChanged, phase(kim.app, 'deploying', 'running'));
    for (const message of [completed, started, completed, started]) await harness.deliver(message);
    await harness.dataSource.query(`delete from inbox where operation_id = any($1)`, [
      [started.envelope.operationId, completed.envelope.operationId],
    ]);
    for (const message of [started, completed]) await harness.deliver(message);
    await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total === 2);
    expect(receiver.received(hook.path)).toHaveLength(2);
    expect((await kim.list(hook)).total).toBe(2);
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

  it('P6 to an endpoint that hangs delay no other, and are cut after ten seconds', async () => {
    const hanging = await kim.subscribe(() => undefined);
    const well = await kim.subscribe();
    for (let count = 0; count < 6; count += 1) await kim.tell('deploying', 'running');
    await waitFor(() => receiver.received(hanging.path).length === 4);
    const before = performance.now();
    await kim.tell('running', 'failed');
    await waitFor(() => receiver.received(well.path).length === 7, { intervalMs: 2 });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(receiver.received(hanging.path)).toHaveLength(4);
    const cut = await waitFor(
      async () => {
        const { deliveries } = await kim.list(hanging);
        return deliveries.find(({ attempts }) => attempts > 0);
      },
      { timeoutMs: 15_000 },
    );
    expect(cut).toMatchObject({ status: 'pending', lastStatusCode: null, lastError: 'No answer within 10 s.' });
    await harness.execute(deleteSubscription, { id: hanging.subscription.id }, { actor: kim.actor });
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
    const hanging = await Promise.all(Array.from({ length: 12 }, () => kim.subscribe(hold)));
    for (let count = 0; count < 4; count += 1) await kim.tell('deploying', 'running');
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

  it('go at once to a webhook whose turn came when it had nothing left', async () => {
    const held: { readonly path: string; readonly answer: () => void }[] = [];
    const hooks = await Promise.all(
      Array.from({ length: 45 }, () =>
        kim.subscribe((request, response) => {
          held.push({ path: request.url ?? '', answer: () => void response.writeHead(204).end() });
        }),
      ),
    );
    await kim.tell('deploying', 'running');
    await waitFor(() => held.length === 40);
    const answered: string[] = [];
    // One after the other: the turns of the last ones come when all have sent what they had.
    while (answered.length < hooks.length) {
      const next = await waitFor(() => held.shift());
      next.answer();
      const hook = hooks.find(({ path }) => path === next.path);
      if (!hook) throw new Error(`nobody subscribed ${next.path}`);
      await kim.ended(hook);
      answered.push(next.path);
    }
    const last = hooks.find(({ path }) => path === answered.at(-1));
    if (!last) throw new Error('nobody was answered');
    const { id } = await kim.only(last);
    const replay = { subscriptionId: last.subscription.id, id };
    await harness.execute(replayDelivery, replay, { actor: kim.actor });
    await waitFor(() => held.length === 1, { timeoutMs: 3_000 });
    held[0]?.answer();
  }, 60_000);

  it('come again after the process ended in the middle of an attempt', async () => {
    let stuck = true;
    const hook = await kim.subscribe((_, response) => {
      if (!stuck) response.writeHead(204).end();
    });
    await kim.tell('deploying', 'running');
    await waitFor(() => receiver.received(hook.path).length === 1);
    await harness.stop();
    await harness.start();
    expect(await kim.only(hook)).toMatchObject({ status: 'pending', attempts: 0 });
    stuck = false;
    await kim.makeDue(hook);
    await kim.ended(hook);
    const [first, second] = receiver.received(hook.path);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  /** A webhook whose attempts wait for their answers, until `open` lets all have them at once. */
  const holding = async () => {
    const answers: (() => void)[] = [];
    let isOpen = false;
    const hook = await kim.subscribe((_, response) => {
      const answer = (): void => void response.writeHead(204).end();
      if (isOpen) answer();
      else answers.push(answer);
    });
    const open = (): void => {
      isOpen = true;
      for (const answer of answers) answer();
    };
    return { hook, answers, open, received: () => receiver.received(hook.path).length };
  };
  const dueIn = (hook: Hook): Promise<{ seconds: number }[]> =>
    harness.dataSource.query(
      `select extract(epoch from "nextAttemptAt" - now())::float as seconds from delivery
        where "endpointId" = $1 and "nextAttemptAt" is not null order by 1`,
      [hook.subscription.id],
    );

  it('P6 go to an endpoint whose last attempt failed one at a time, until one arrives', async () => {
    const { hook, answers, received } = await holding();
    await harness.dataSource.query(`update subscription set "failingSince" = now() where id = $1`, [
      hook.subscription.id,
    ]);
    const well = await kim.subscribe();
    for (let count = 0; count < 6; count += 1) await kim.tell('deploying', 'running');
    await waitFor(() => receiver.received(well.path).length === 6);
    expect(received()).toBe(1);
    answers[0]?.();
    await waitFor(() => received() === 5);
    await kim.tell('deploying', 'running');
    await waitFor(() => receiver.received(well.path).length === 7);
    expect(received()).toBe(5);
  });

  it('begin at once beside those that take their time, up to four', async () => {
    const { open, received } = await holding();
    const before = performance.now();
    for (let count = 1; count <= 4; count += 1) {
      await kim.tell('deploying', 'running');
      await waitFor(() => received() === count, { intervalMs: 2 });
    }
    // Those that the clock finds come a second after each other.
    expect(performance.now() - before).toBeLessThan(1_000);
    open();
  });

  it('arrive once each when there are more than wait in memory', async () => {
    const { hook, open, received } = await holding();
    await Promise.all(Array.from({ length: 400 }, () => kim.tell('deploying', 'running')));
    const due = (await dueIn(hook)).filter(({ seconds }) => seconds <= 0);
    expect(due.length).toBeGreaterThanOrEqual(400 - (4 + 256));
    expect(due.length).toBeLessThanOrEqual(400 - 256);
    open();
    await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total === 400);
    expect(received()).toBe(400);
  });

  it('that wait in memory are due for others as soon as the process stops', async () => {
    const { hook, received } = await holding();
    for (let count = 0; count < 6; count += 1) await kim.tell('deploying', 'running');
    await waitFor(() => received() === 4);
    for (const { seconds } of await dueIn(hook)) expect(seconds).toBeGreaterThan(20);
    await harness.stop();
    await harness.start();
    // The other four count as lost for half a minute.
    await waitFor(() => received() === 6, { timeoutMs: 10_000 });
    expect((await kim.list(hook)).deliveries.every(({ attempts }) => attempts === 0)).toBe(true);
  });

  /** Six, of which four are being attempted and two wait in memory, for longer than what is known of them counts. */
  const sixHeld = async () => {
    const { hook, open, received } = await holding();
    for (let count = 0; count < 6; count += 1) await kim.tell('deploying', 'running');
    await waitFor(() => received() === 4);
    await delay(1_000);
    const letGo = async (): Promise<void> => {
      open();
      await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total >= 4);
    };
    return { hook, received, letGo };
  };
  /** Changes when those that have not begun are due. */
  const setDue = ({ subscription: { id }, path }: Hook, interval: string) =>
    harness.dataSource.query(
      `update delivery set "nextAttemptAt" = now() + $2::interval where "endpointId" = $1 and "eventId" <> all($3::uuid[])`,
      [id, interval, receiver.received(path).map(({ headers }) => headers['webhook-id'])],
    );

  it('that wait in memory are left to others who have taken them after their time', async () => {
    const { hook, received, letGo } = await sixHeld();
    await setDue(hook, '1 hour');
    await letGo();
    await kim.tell('running', 'failed');
    await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total === 5);
    expect(received()).toBe(5);
    expect(await dueIn(hook)).toHaveLength(2);
  });

  it('that wait in memory are not begun once they were given up, though the webhook is on again', async () => {
    const { hook, received, letGo } = await sixHeld();
    const { id } = hook.subscription;
    for (const active of [false, true]) await harness.execute(updateSubscription, { id, active }, { actor: kim.actor });
    await letGo();
    await kim.tell('running', 'failed');
    await waitFor(() => received() === 5);
    expect((await kim.list(hook, { status: 'failed' })).total).toBe(2);
  });

  it('that wait in memory beyond their time are sent by whoever finds them due', async () => {
    const { hook, received, letGo } = await sixHeld();
    await setDue(hook, '-1 second');
    await letGo();
    await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total === 6);
    expect(received()).toBe(6);
  });

  it('are held longer when they begin near the end of their time', async () => {
    const { manager } = harness.dataSource;
    const { hook, letGo } = await sixHeld();
    const heldFor = async (seconds: number): Promise<HeldDelivery> => {
      await setDue(hook, `${seconds} seconds`);
      const [held] = await harness.dataSource.query<HeldDelivery[]>(
        `select *, "nextAttemptAt"::text as "heldUntil" from delivery
          where "endpointId" = $1 and "nextAttemptAt" < now() + interval '18 seconds'`,
        [hook.subscription.id],
      );
      if (!held) throw new Error('nothing is held');
      return held;
    };
    const enough = await heldFor(16);
    expect(await beginHeld(manager, [enough])).toEqual(new Map([[enough.id, enough.heldUntil]]));
    const held = await heldFor(14);
    const begun = await beginHeld(manager, [held]);
    expect([...begun.keys()]).toEqual([held.id]);
    expect((await dueIn(hook)).map(({ seconds }) => seconds > 25)).toEqual([false, true, true, true, true, true]);
    expect(await beginHeld(manager, [held])).toEqual(new Map());
    expect(await beginHeld(manager, [{ ...held, heldUntil: begun.get(held.id) ?? '' }])).toEqual(begun);
    await letGo();
  });

  it('are found by the clock when nobody was woken', async () => {
    let ill = true;
    const hook = await kim.subscribe((_, response) => void response.writeHead(ill ? 500 : 204).end());
    await kim.tell('deploying', 'running');
    await kim.ended(hook);
    ill = false;
    await harness.dataSource.query(`update delivery set "nextAttemptAt" = now() where "endpointId" = $1`, [
      hook.subscription.id,
    ]);
    expect(await kim.ended(hook, 2)).toMatchObject({ status: 'delivered' });
  });
});
