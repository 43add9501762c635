import type { Benchmark } from '../benchmark.js';
import { createOneApp } from './create-app.js';
import { eventBroadcast } from './event-broadcast.js';
import { getOneApp } from './get-app.js';
import { logFollowers } from './log-followers.js';
import { webhookDelivery } from './webhook-delivery.js';

/** All there are, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  getOneApp,
  createOneApp,
  logFollowers,
  eventBroadcast,
  webhookDelivery,
];
