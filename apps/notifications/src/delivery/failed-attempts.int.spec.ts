import { randomUUID } from 'node:crypto';

import { deleteSubscription, updateSubscription } from '@slipway/contracts';
import { type Harness, waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import type { Behaviour, Receiver } from '../fixture/notifications.js';
import { isSigned, keyOf, useWebhooks, type WebhookOwner } from '../fixture/webhook-owner.js';
import { DeliveryEntity } from './delivery.entity.js';
import { OPERATOR_ENDPOINT } from './endpoints.js';

describe('deliveries that fail', () => {
  let harness: Harness;
  let receiver: Receiver;
  let kim: WebhookOwner;
  useWebhooks(
    (given) => ({ harness, receiver, kim } = given),
    () => ({ OUTBOUND_ALLOW: '127.0.0.0/8' }),
  );

  it('F9 are tried again after about five seconds under the same id, and arrive when the endpoint is well again', async () => {
    let ill = true;
    const hook = await kim.subscribe((_, response) => void response.writeHead(ill ? 500 : 200).end());
    await kim.tell('deploying', 'running');
    const failed = await kim.ended(hook);
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
    await kim.makeDue(hook);
    expect(await kim.ended(hook, 2)).toMatchObject({ status: 'delivered', lastStatusCode: 200, lastError: null });
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
    const hook = await kim.subscribe((_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end());
    await kim.tell('deploying', 'running');
    const { nextAttemptAt } = await kim.ended(hook);
    const waitMs = Date.parse(nextAttemptAt ?? '') - Date.now();
    expect(waitMs).toBeGreaterThan(3_500_000);
    expect(waitMs).toBeLessThan(3_700_000);
  });

  it('fail for good after the tenth attempt', async () => {
    const hook = await kim.subscribe((_, response) => void response.writeHead(503).end());
    await kim.tell('deploying', 'running');
    await kim.ended(hook);
    for (let attempt = 2; attempt <= 10; attempt += 1) {
      await kim.makeDue(hook);
      await kim.ended(hook, attempt);
    }
    expect(await kim.only(hook)).toMatchObject({
      status: 'failed',
      attempts: 10,
      nextAttemptAt: null,
      deliveredAt: null,
    });
    await kim.makeDue(hook);
    expect(receiver.received(hook.path)).toHaveLength(10);
  });

  it('S11 do not follow redirects', async () => {
    const goal = receiver.at(`/${randomUUID()}`);
    const hook = await kim.subscribe((_, response) => void response.writeHead(307, { location: goal }).end());
    await kim.tell('deploying', 'running');
    expect(await kim.ended(hook)).toMatchObject({
      status: 'pending',
      lastStatusCode: 307,
      lastError: 'The endpoint answered 307; redirects are not followed.',
    });
    expect(receiver.received(new URL(goal).pathname)).toEqual([]);
  });

  it('F9 read no more of an answer than a little', async () => {
    let written = 0;
    const closed = new Promise<void>((resolve) => {
      void kim
        .subscribe((request, response) => {
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
        })
        .then(() => kim.tell('deploying', 'running'));
    });
    await closed;
    // What lies in the buffers of both sockets comes on top.
    expect(written).toBeLessThan(8 * 1024 * 1024);
    const delivered = await waitFor(async () => {
      const rows = await harness.rows(DeliveryEntity, { appId: kim.app.id, status: 'delivered' });
      return rows.some(({ endpointId }) => endpointId !== OPERATOR_ENDPOINT) && rows;
    });
    expect(delivered.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it('F9 survive an endpoint that cuts the connection, speaks no HTTP, or is not there', async () => {
    const cut = await kim.subscribe((request) => void request.socket.resetAndDestroy());
    const babbling = await kim.subscribe((request) => void request.socket.end('what?\r\n\r\n'));
    const away = await kim.subscribe();
    await harness.dataSource.query(`update subscription set url = 'http://127.0.0.1:1/' where id = $1`, [
      away.subscription.id,
    ]);
    await kim.tell('deploying', 'running');
    expect(await kim.ended(cut)).toMatchObject({ lastError: 'The connection was cut before an answer came.' });
    expect(await kim.ended(babbling)).toMatchObject({ lastError: 'The answer was no HTTP that can be read.' });
    expect(await kim.ended(away)).toMatchObject({ lastError: 'The connection was refused.' });
  });

  it('S11 have their address judged at every connect, whatever it was when the webhook was made', async () => {
    const hook = await kim.subscribe();
    await harness.dataSource.query(`update subscription set url = $2 where id = $1`, [
      hook.subscription.id,
      `http://[::1]:${receiver.port}${hook.path}`,
    ]);
    await kim.tell('deploying', 'running');
    expect(await kim.ended(hook)).toMatchObject({
      lastStatusCode: null,
      lastError: 'The host is at an address that webhooks may not go to.',
    });
    expect(receiver.received(hook.path)).toEqual([]);
  });

  it('end with the webhook that is switched off or deleted', async () => {
    const ill: Behaviour = (_, response) => void response.writeHead(500).end();
    const off = await kim.subscribe(ill);
    const deleted = await kim.subscribe(ill);
    await kim.tell('deploying', 'running');
    await Promise.all([kim.ended(off), kim.ended(deleted)]);
    await harness.execute(updateSubscription, { id: off.subscription.id, active: false }, { actor: kim.actor });
    await harness.execute(deleteSubscription, { id: deleted.subscription.id }, { actor: kim.actor });
    expect(await kim.only(off)).toMatchObject({
      status: 'failed',
      lastError: 'The webhook was switched off.',
      nextAttemptAt: null,
    });
    expect(await harness.rows(DeliveryEntity, { endpointId: deleted.subscription.id })).toEqual([]);
  });
});
