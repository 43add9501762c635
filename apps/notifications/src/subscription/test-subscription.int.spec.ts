import { deleteSubscription, testSubscription, updateSubscription } from '@slipway/contracts';
import { actor, type Harness, waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import type { Receiver } from '../fixture/notifications.js';
import { type Hook, isSigned, keyOf, useWebhooks, type WebhookOwner } from '../fixture/webhook-owner.js';

describe('tests of a webhook', () => {
  let harness: Harness;
  let receiver: Receiver;
  let kim: WebhookOwner;
  useWebhooks((given) => ({ harness, receiver, kim } = given));

  const test = ({ subscription }: Hook, who = kim.actor) =>
    harness.execute(testSubscription, { id: subscription.id }, { actor: who });

  it('are made at once, signed, with a body of their own, and listed nowhere', async () => {
    const hook = await kim.subscribe(undefined, []);
    const answer = await test(hook);
    expect(answer).toEqual({ success: true, statusCode: 204, error: null, responseTimeMs: expect.any(Number) });
    const [received] = receiver.received(hook.path);
    expect(received?.body).toEqual({
      event: 'webhook.test',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/),
      data: { message: expect.any(String), user_id: kim.actor.userId, webhook_id: hook.subscription.id },
    });
    expect(received && isSigned(received, keyOf(hook))).toBe(true);
    expect((await kim.list(hook)).total).toBe(0);
  });

  it('tell how it went', async () => {
    const ill = await kim.subscribe((_, response) => void response.writeHead(500).end());
    expect(await test(ill)).toMatchObject({ success: false, statusCode: 500, error: null });
    const away = await kim.subscribe();
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
    const hook = await kim.subscribe();
    const command = harness.message(testSubscription, { id: hook.subscription.id }, { actor: kim.actor });
    const [first, second] = [await harness.deliver(command), await harness.deliver(command)];
    expect(second).toEqual(first);
    expect(new Set(receiver.received(hook.path).map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([command.envelope.operationId]),
    );
  });

  it('answer a repeated command as the first time also when the webhook is gone, or switched on, by now', async () => {
    const hook = await kim.subscribe();
    const { id } = hook.subscription;
    const command = harness.message(testSubscription, { id }, { actor: kim.actor });
    const first = await harness.deliver(command);
    await harness.execute(updateSubscription, { id, active: false }, { actor: kim.actor });
    const refused = harness.message(testSubscription, { id }, { actor: kim.actor });
    await expect(harness.deliver(refused)).rejects.toMatchObject({ problem: { kind: 'not_found' } });
    await harness.execute(updateSubscription, { id, active: true }, { actor: kim.actor });
    await expect(harness.deliver(refused)).rejects.toMatchObject({ problem: { kind: 'not_found' } });
    await harness.execute(deleteSubscription, { id }, { actor: kim.actor });
    expect(await harness.deliver(command)).toEqual(first);
  });

  it('are refused for a webhook that is switched off, or another’s, and beyond four at once', async () => {
    const off = await kim.subscribe();
    await harness.execute(updateSubscription, { id: off.subscription.id, active: false }, { actor: kim.actor });
    await expect(test(off)).rejects.toMatchObject({ problem: { kind: 'not_found' } });
    const held: (() => void)[] = [];
    const slow = await kim.subscribe((_, response) => void held.push(() => response.writeHead(204).end()));
    await expect(test(slow, actor())).rejects.toMatchObject({ problem: { kind: 'not_found' } });
    const running = Array.from({ length: 4 }, () => test(slow));
    await waitFor(() => held.length === 4);
    await expect(test(slow)).rejects.toMatchObject({ problem: { kind: 'rate_limited' } });
    for (const answer of held) answer();
    for (const answer of await Promise.all(running)) expect(answer.success).toBe(true);
  });
});
