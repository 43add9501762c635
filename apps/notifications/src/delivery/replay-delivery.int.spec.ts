import {
  appPhaseChanged,
  type DeliveryView,
  getDelivery,
  replayDelivery,
  updateSubscription,
} from '@slipway/contracts';
import { actor, type Harness, waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import { phase } from '../fixture/facts.js';
import type { Receiver } from '../fixture/notifications.js';
import { type Hook, useWebhooks, type WebhookOwner } from '../fixture/webhook-owner.js';

describe('deliveries one by one', () => {
  let harness: Harness;
  let receiver: Receiver;
  let kim: WebhookOwner;
  useWebhooks((given) => ({ harness, receiver, kim } = given));

  it('are listed page by page, newest first, by status', async () => {
    const hook = await kim.subscribe((_, response) => {
      response.writeHead(receiver.received(hook.path).length > 3 ? 500 : 204).end();
    });
    for (let count = 1; count <= 5; count += 1) {
      await kim.tell('deploying', 'running');
      await waitFor(async () => (await kim.list(hook)).deliveries.every(({ attempts }) => attempts === 1));
    }
    const everything = await kim.list(hook);
    expect(everything.total).toBe(5);
    expect(everything.deliveries.map(({ status }) => status)).toEqual([
      'pending',
      'pending',
      'delivered',
      'delivered',
      'delivered',
    ]);
    const second = await kim.list(hook, { page: 2, limit: 2 });
    expect(second.total).toBe(5);
    expect(second.deliveries).toEqual(everything.deliveries.slice(2, 4));
    expect((await kim.list(hook, { page: 4, limit: 2 })).deliveries).toEqual([]);
    const pending = await kim.list(hook, { status: 'pending' });
    expect(pending).toEqual({ deliveries: everything.deliveries.slice(0, 2), total: 2 });
    expect(await kim.list(hook, { status: 'failed' })).toEqual({ deliveries: [], total: 0 });
  });

  const ref = ({ subscription }: Hook, { id }: DeliveryView) => ({ subscriptionId: subscription.id, id });

  it('are shown with what was sent and each attempt, to their owner alone', async () => {
    const hook = await kim.subscribe((_, response) => void response.writeHead(500).end());
    await kim.tell('deploying', 'running');
    const delivery = await kim.ended(hook);
    const detail = await harness.query(getDelivery, ref(hook, delivery), { actor: kim.actor });
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
    const other = await kim.subscribe();
    for (const [input, who, noun] of [
      [ref(hook, delivery), actor(), 'subscription'],
      [ref(other, delivery), kim.actor, 'delivery'],
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
    const hook = await kim.subscribe();
    await kim.tell('deploying', 'running');
    const delivery = await kim.ended(hook);
    const command = harness.message(replayDelivery, ref(hook, delivery), { actor: kim.actor });
    await harness.deliver(command);
    await harness.deliver(command);
    const sent = await waitFor(() => receiver.received(hook.path).length > 1 && receiver.received(hook.path));
    const [first, second] = sent;
    expect(second?.text).toBe(first?.text);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total === 2);
    const { deliveries } = await kim.list(hook);
    expect(deliveries.map(({ eventId }) => eventId)).toEqual([delivery.eventId, delivery.eventId]);
    // A replay is repeated like any other.
    const again = deliveries.find(({ id }) => id !== delivery.id);
    if (!again) throw new Error('no replay is listed');
    await harness.execute(replayDelivery, ref(hook, again), { actor: kim.actor });
    await waitFor(() => receiver.received(hook.path).length === 3);
  });

  it('keep one delivery per event beside their replays', async () => {
    const hook = await kim.subscribe();
    const message = harness.message(appPhaseChanged, phase(kim.app, 'deploying', 'running'));
    await harness.deliver(message);
    const delivery = await kim.ended(hook);
    await harness.execute(replayDelivery, ref(hook, delivery), { actor: kim.actor });
    await waitFor(async () => (await kim.list(hook, { status: 'delivered' })).total === 2);
    await harness.dataSource.query(`delete from inbox where operation_id = $1`, [message.envelope.operationId]);
    await harness.deliver(message);
    expect((await kim.list(hook)).total).toBe(2);
  });

  it('are not replayed to a webhook that is switched off', async () => {
    const hook = await kim.subscribe();
    await kim.tell('deploying', 'running');
    const delivery = await kim.ended(hook);
    await harness.execute(updateSubscription, { id: hook.subscription.id, active: false }, { actor: kim.actor });
    await expect(harness.execute(replayDelivery, ref(hook, delivery), { actor: kim.actor })).rejects.toMatchObject({
      problem: { kind: 'conflict', noun: 'subscription' },
    });
    expect((await kim.list(hook)).total).toBe(1);
  });
});
