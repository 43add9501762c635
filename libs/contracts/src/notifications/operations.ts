import { defineCommand, defineQuery } from '../define.js';
import { Nothing } from '../empty.js';
import {
  CreateSubscription,
  CreatedSubscription,
  DeliveryPage,
  FeedPage,
  ListDeliveries,
  ListFeed,
  SubscriptionList,
  SubscriptionRef,
  SubscriptionView,
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

export const listFeed = defineQuery({ subject: 'qry.notifications.event.list.v1', input: ListFeed, output: FeedPage });
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
