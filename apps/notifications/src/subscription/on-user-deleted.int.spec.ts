import { appCreated, createSubscription, listSubscriptions, userDeleted, WEBHOOK_TYPES } from '@slipway/contracts';
import { actor, type Harness } from '@slipway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { FeedEntryEntity } from '../feed/feed-entry.entity.js';
import { appOf } from '../fixture/facts.js';
import { startNotifications } from '../fixture/notifications.js';
import { MailAddressEntity } from '../mail/mail-address.entity.js';
import { SubscriptionEntity } from './subscription.entity.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startNotifications();
});
afterAll(() => harness.close());

it('a deleted user leaves nothing behind, and others keep theirs', async () => {
  const [kim, ada] = [actor(), actor()];
  for (const one of [kim, ada]) {
    const input = { name: 'ops', url: 'http://127.0.0.1:9/hook', types: [...WEBHOOK_TYPES] };
    await harness.execute(createSubscription, input, { actor: one });
    await harness.publish(appCreated, { app: appOf(one.userId), actor: null, revision: 1, replicas: 1 });
  }
  const left = async ({ userId }: typeof kim): Promise<number[]> =>
    (
      await Promise.all([
        harness.rows(SubscriptionEntity, { userId }),
        harness.rows(DeliveryEntity, { ownerId: userId }),
        harness.rows(FeedEntryEntity, { userId }),
        harness.rows(MailAddressEntity, { userId }),
      ])
    ).map(({ length }) => length);
  const before = await left(ada);
  expect(await left(kim)).toEqual(before);
  expect(before[0]).toBe(1);
  expect(before[3]).toBe(1);
  await harness.publish(userDeleted, { userId: kim.userId });
  expect(await left(kim)).toEqual([0, 0, 0, 0]);
  expect(await left(ada)).toEqual(before);
  const { subscriptions } = await harness.query(listSubscriptions, { page: 1, limit: 10 }, { actor: ada });
  expect(subscriptions).toHaveLength(1);
});
