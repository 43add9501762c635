import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { updateSubscription, userUpdated, WEBHOOK_TYPES } from '@slipway/contracts';
import { type Harness, waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Behaviour, Receiver } from '../fixture/notifications.js';
import { type ReceivedMail, type SmtpReceiver, startSmtpReceiver } from '../fixture/smtp-receiver.js';
import { type Hook, useWebhooks, type WebhookOwner } from '../fixture/webhook-owner.js';
import { SubscriptionEntity } from '../subscription/subscription.entity.js';
import { judgeEndpoints } from './give-up-endpoint.js';

describe('deliveries to a webhook that is given up', () => {
  let harness: Harness;
  let receiver: Receiver;
  let smtp: SmtpReceiver;
  let kim: WebhookOwner;

  beforeAll(async () => {
    smtp = await startSmtpReceiver();
  });
  afterAll(() => smtp.close());
  useWebhooks(
    (given) => ({ harness, receiver, kim } = given),
    () => ({ AWS_SES_SMTP_HOST: '127.0.0.1', AWS_SES_SMTP_PORT: String(smtp.port) }),
  );

  const failingFor = ({ subscription }: Hook, interval: string) =>
    harness.dataSource.query(`update subscription set "failingSince" = now() - $2::interval where id = $1`, [
      subscription.id,
      interval,
    ]);

  it('end when it answers 410, which disables it and says why', async () => {
    const hook = await kim.subscribe((_, response) => void response.writeHead(410).end());
    const { updatedAt } = hook.subscription;
    await kim.tell('deploying', 'running');
    const disabled = await waitFor(async () => {
      const now = await kim.state(hook);
      return !now.active && now;
    });
    expect(disabled.disabledReason).toBe('The endpoint answered 410: it is gone.');
    expect(disabled.updatedAt > updatedAt).toBe(true);
    expect(await kim.only(hook)).toMatchObject({
      status: 'failed',
      attempts: 1,
      lastStatusCode: 410,
      nextAttemptAt: null,
    });
    await kim.tell('running', 'failed');
    expect((await kim.list(hook)).total).toBe(1);
    const enabled = await harness.execute(
      updateSubscription,
      { id: hook.subscription.id, active: true },
      { actor: kim.actor },
    );
    expect(enabled).toMatchObject({ active: true, disabledReason: null });
  });

  it('go on in no case while it is not known whether a failure ends them', async () => {
    const gone: (() => void)[] = [];
    const hook = await kim.subscribe((_, response) => void gone.push(() => response.writeHead(410).end()));
    for (let count = 0; count < 6; count += 1) await kim.tell('deploying', 'running');
    await waitFor(() => gone.length === 4);
    const holder = harness.dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query(`select 1 from subscription where id = $1 for update`, [hook.subscription.id]);
    for (const answer of gone) answer();
    // Well beyond the rest after a failure.
    await delay(500);
    await holder.commitTransaction();
    await holder.release();
    await waitFor(async () => !(await kim.state(hook)).active);
    expect(receiver.received(hook.path)).toHaveLength(4);
    expect((await kim.list(hook, { status: 'failed' })).total).toBe(6);
  });

  it('end after five days of nothing but failures, not before', async () => {
    const hook = await kim.subscribe((_, response) => void response.writeHead(500).end());
    await kim.tell('deploying', 'running');
    await kim.ended(hook);
    await failingFor(hook, '4 days 23 hours');
    await kim.makeDue(hook);
    await kim.ended(hook, 2);
    // The judgement comes right after the attempt is written down; a third one shows that the second did not disable it.
    await kim.makeDue(hook);
    await kim.ended(hook, 3);
    expect(await kim.state(hook)).toMatchObject({ active: true, disabledReason: null });
    await failingFor(hook, '5 days 1 second');
    await kim.makeDue(hook);
    await waitFor(async () => !(await kim.state(hook)).active);
    expect(await kim.state(hook)).toMatchObject({ disabledReason: 'All attempts of five days failed.' });
    expect(await kim.only(hook)).toMatchObject({ status: 'failed', attempts: 4, nextAttemptAt: null });
  });

  const mailsTo = (address: string): readonly ReceivedMail[] => smtp.received.filter(({ to }) => to.includes(address));
  const textOf = ({ source }: ReceivedMail): string => source.replaceAll('=\r\n', '').replaceAll('=3D', '=');
  const gone: Behaviour = (_, response) => void response.writeHead(410).end();

  it('tell their owner so by one mail, also when many fail at once', async () => {
    const hook = await kim.subscribe(gone);
    const other = await kim.subscribe(gone, []);
    await Promise.all([kim.tell('deploying', 'running'), kim.tell('running', 'failed'), kim.tell('failed', 'running')]);
    const [mail] = await waitFor(() => mailsTo(kim.actor.email).length > 0 && mailsTo(kim.actor.email));
    expect(mail && textOf(mail)).toContain('Subject: A webhook was disabled');
    expect(mail && textOf(mail)).toContain(
      `Your webhook ${hook.path} was disabled: The endpoint answered 410: it is gone.`,
    );
    expect(mail && textOf(mail)).toContain(`Nothing is sent to ${hook.subscription.url} until you enable it again.`);
    await waitFor(async () => (await kim.list(hook)).deliveries.every(({ nextAttemptAt }) => nextAttemptAt === null));
    // The next mail to the same address would be a second one about the first webhook, were there any.
    await harness.execute(
      updateSubscription,
      { id: other.subscription.id, types: [...WEBHOOK_TYPES] },
      { actor: kim.actor },
    );
    await kim.tell('deploying', 'running');
    await waitFor(() => mailsTo(kim.actor.email).length > 1);
    expect(mailsTo(kim.actor.email).map((one) => textOf(one).includes(other.path))).toEqual([false, true]);
  });

  it('tell their owner also after five days', async () => {
    const hook = await kim.subscribe((_, response) => void response.writeHead(500).end());
    await kim.tell('deploying', 'running');
    await kim.ended(hook);
    expect(mailsTo(kim.actor.email)).toEqual([]);
    await failingFor(hook, '5 days 1 second');
    await kim.makeDue(hook);
    const [mail] = await waitFor(() => mailsTo(kim.actor.email).length > 0 && mailsTo(kim.actor.email));
    expect(mail && textOf(mail)).toContain(`Your webhook ${hook.path} was disabled: All attempts of five days failed.`);
  });

  it('write to the address that the owner changed to last, however late and in whatever order that is heard', async () => {
    const { userId } = kim.actor;
    const [second, third] = [`second-${userId}@example.org`, `third-${userId}@example.org`];
    const minutesAgo = (minutes: number) => Date.now() - minutes * 60_000;
    await harness.publish(userUpdated, { userId, email: third }, { occurredAt: minutesAgo(1) });
    await harness.publish(userUpdated, { userId, email: second }, { occurredAt: minutesAgo(2) });
    // Told by a release that did not name it yet.
    await harness.publish(userUpdated, { userId });
    // The credential still says what it said when it was checked.
    await kim.subscribe(gone);
    await kim.tell('deploying', 'running');
    await waitFor(() => mailsTo(third).length === 1);
    expect([mailsTo(kim.actor.email), mailsTo(second)]).toEqual([[], []]);
  });

  it('follow a change of the address that comes after the webhook', async () => {
    const { userId } = kim.actor;
    await kim.subscribe(gone);
    const email = `moved-${userId}@example.org`;
    await harness.publish(userUpdated, { userId, email }, { occurredAt: Date.now() });
    await kim.tell('deploying', 'running');
    await waitFor(() => mailsTo(email).length === 1);
    expect(mailsTo(kim.actor.email)).toEqual([]);
  });

  it('are ended without a mail while no address is known, which the log says; changing the webhook makes it known', async () => {
    const hook = await kim.subscribe(gone);
    const { id } = hook.subscription;
    // As webhooks are that were made by a release without addresses.
    await harness.dataSource.query(`delete from mail_address where "userId" = $1`, [kim.actor.userId]);
    await kim.tell('deploying', 'running');
    await waitFor(async () => !(await kim.state(hook)).active);
    await waitFor(() =>
      readFileSync(harness.logFile, 'utf8')
        .split('\n')
        .some((line) => line.includes('their address is not known') && line.includes(id)),
    );
    expect(mailsTo(kim.actor.email)).toEqual([]);
    await harness.execute(updateSubscription, { id, active: true }, { actor: kim.actor });
    await kim.tell('running', 'failed');
    await waitFor(() => mailsTo(kim.actor.email).length === 1);
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
    const hook = await kim.subscribe((_, response) => void response.writeHead(ill ? 500 : 204).end());
    const { id } = hook.subscription;
    await kim.tell('deploying', 'running');
    await waitFor(async () => (await since(hook)) !== null);
    ill = false;
    await kim.makeDue(hook);
    await waitFor(async () => (await since(hook)) === null);
    for (const change of [{ active: true }, { url: receiver.at(`/${randomUUID()}`) }]) {
      await failingFor(hook, '6 days');
      await harness.execute(updateSubscription, { id, name: hook.path }, { actor: kim.actor });
      expect(await since(hook)).not.toBeNull();
      await harness.execute(updateSubscription, { id, ...change }, { actor: kim.actor });
      expect(await since(hook)).toBeNull();
    }
  });

  it('are not begun by a failure that is judged together with a success, in whatever order', async () => {
    const hook = await kim.subscribe();
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
    const hook = await kim.subscribe((_, response) => void held.push(() => response.writeHead(410).end()));
    await kim.tell('deploying', 'running');
    await waitFor(() => held.length === 1);
    const url = receiver.at(`/${randomUUID()}`);
    await harness.execute(updateSubscription, { id: hook.subscription.id, url }, { actor: kim.actor });
    held[0]?.();
    await kim.ended(hook);
    await kim.makeDue(hook);
    expect(await kim.ended(hook, 2)).toMatchObject({ status: 'delivered' });
    expect(await kim.state(hook)).toMatchObject({ active: true, url });
  });
});
