import { defineCommand, defineQuery, ServiceName } from '../define.js';
import { Nothing } from '../empty.js';
import { SendMail } from './mail.v1.js';
import {
  CreateSubscription,
  CreatedSubscription,
  DeliveryDetail,
  DeliveryPage,
  DeliveryRef,
  DeliveryView,
  FeedPage,
  ListDeliveries,
  ListFeed,
  ReaderCount,
  RotatedSecret,
  SubscriptionList,
  SubscriptionRef,
  SubscriptionView,
  TestedSubscription,
  TestFeed,
  UpdateSubscription,
} from './notifications.v1.js';

export const createSubscription = defineCommand({
  subject: 'cmd.notifications.subscription.create.v1',
  input: CreateSubscription,
  output: CreatedSubscription,
});
export const updateSubscription = defineCommand({
  subject: 'cmd.notifications.subscription.update.v1',
  input: UpdateSubscription,
  output: SubscriptionView,
});
export const deleteSubscription = defineCommand({
  subject: 'cmd.notifications.subscription.delete.v1',
  input: SubscriptionRef,
});
/** One signed attempt right now, which is waited for: whoever asks waits longer than for other commands. */
export const testSubscription = defineCommand({
  subject: 'cmd.notifications.subscription.test.v1',
  input: SubscriptionRef,
  output: TestedSubscription,
});
export const rotateSecret = defineCommand({
  subject: 'cmd.notifications.subscription.rotate-secret.v1',
  input: SubscriptionRef,
  output: RotatedSecret,
});
/** Sends again what was sent, under the same event id, as a delivery of its own. */
export const replayDelivery = defineCommand({
  subject: 'cmd.notifications.delivery.replay.v1',
  input: DeliveryRef,
  output: DeliveryView,
});
/** Puts an entry into the feed of the caller that is marked as a test. A credential that only reads may do so: it reads it. */
export const testFeed = defineCommand({ subject: 'cmd.notifications.event.test.v1', input: TestFeed });

export const listFeed = defineQuery({ subject: 'qry.notifications.event.list.v1', input: ListFeed, output: FeedPage });
export const countReaders = defineQuery({
  subject: 'qry.notifications.event.stats.v1',
  input: Nothing,
  output: ReaderCount,
});
export const getSubscription = defineQuery({
  subject: 'qry.notifications.subscription.get.v1',
  input: SubscriptionRef,
  output: SubscriptionView,
});
export const listSubscriptions = defineQuery({
  subject: 'qry.notifications.subscription.list.v1',
  input: Nothing,
  output: SubscriptionList,
});
export const listDeliveries = defineQuery({
  subject: 'qry.notifications.delivery.list.v1',
  input: ListDeliveries,
  output: DeliveryPage,
});
export const getDelivery = defineQuery({
  subject: 'qry.notifications.delivery.get.v1',
  input: DeliveryRef,
  output: DeliveryDetail,
});

/** Answered when the mail is stored; the sender loop of notifications does the rest. */
export const sendMail = defineCommand({
  subject: 'cmd.notifications.mail.send.v1',
  input: SendMail,
  senders: [ServiceName.identity],
});
