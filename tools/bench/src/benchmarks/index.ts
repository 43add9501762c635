import type { Benchmark } from '../benchmark.js';
import { applyOneApp } from './apply-app.js';
import { createOneApp } from './create-app.js';
import { eventBroadcast } from './event-broadcast.js';
import { getOneApp } from './get-app.js';
import { listManyApps } from './list-apps.js';
import { idleFootprint } from './idle-footprint.js';
import { logFollowers } from './log-followers.js';
import { priceList } from './price-list.js';
import { restartWithMany } from './restart.js';
import { webhookDelivery } from './webhook-delivery.js';

/** All there are, in the order in which they run. */
export const benchmarks: readonly Benchmark[] = [
  getOneApp,
  listManyApps,
  createOneApp,
  applyOneApp,
  logFollowers,
  eventBroadcast,
  webhookDelivery,
  restartWithMany,
  idleFootprint,
  priceList,
];
