import { rotateSecret, updateSubscription } from '@slipway/contracts';
import { type Harness, waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import type { Received, Receiver } from '../fixture/notifications.js';
import { type Hook, keyOf, signatureWith, useWebhooks, type WebhookOwner } from '../fixture/webhook-owner.js';

describe('deliveries after a rotation', () => {
  let harness: Harness;
  let receiver: Receiver;
  let kim: WebhookOwner;
  useWebhooks((given) => ({ harness, receiver, kim } = given));

  const signaturesOf = (received: Received | undefined): string[] =>
    String(received?.headers['webhook-signature']).split(' ');
  const signedWith = (received: Received | undefined, hook: Pick<Hook, 'secret'>): string | undefined =>
    received && signatureWith(received, keyOf(hook));
  const sent = async (hook: Hook, count: number): Promise<Received | undefined> => {
    await kim.tell('deploying', 'running');
    return (await waitFor(() => receiver.received(hook.path).length === count && receiver.received(hook.path))).at(-1);
  };
  const rotate = ({ subscription }: Hook) =>
    harness.execute(rotateSecret, { id: subscription.id }, { actor: kim.actor });

  it('both secrets sign for a day, the new one first, then it alone', async () => {
    const hook = await kim.subscribe();
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
    const hook = await kim.subscribe();
    const second = { ...hook, secret: (await rotate(hook)).secret };
    const third = { ...hook, secret: (await rotate(hook)).secret };
    const received = await sent(hook, 1);
    expect(signaturesOf(received)).toEqual([signedWith(received, third), signedWith(received, second)]);
  });

  it('a secret that the owner sets signs alone', async () => {
    const hook = await kim.subscribe();
    await rotate(hook);
    const secret = `whsec_${Buffer.from('the owner’s own').toString('base64')}`;
    await harness.execute(updateSubscription, { id: hook.subscription.id, secret }, { actor: kim.actor });
    const received = await sent(hook, 1);
    expect(signaturesOf(received)).toEqual([signedWith(received, { ...hook, secret })]);
  });

  it('S8 no secret is stored in clear, and a command that is delivered twice rotates once', async () => {
    const hook = await kim.subscribe();
    const command = harness.message(rotateSecret, { id: hook.subscription.id }, { actor: kim.actor });
    const answers = [await harness.deliver(command), await harness.deliver(command)];
    expect(answers[1]).toEqual(answers[0]);
    const { secret } = answers[0] as { secret: string };
    for (const table of ['subscription', 'inbox', 'outbox']) {
      const dump = JSON.stringify(await harness.dataSource.query<object[]>(`select * from ${table}`));
      for (const clear of [secret, hook.secret]) expect(dump, table).not.toContain(clear);
    }
  });
});
