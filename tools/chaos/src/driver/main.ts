// The driver: a process of its own that knows addresses and credentials only. Its journal lies outside the system.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { Random } from '../random.js';
import { containerEngine } from './container-engine.js';
import { Journal } from './journal.js';
import { openLoop } from './open-loop.js';
import { Poller } from './poller.js';
import { Sender } from './sender.js';
import { SessionKeeper } from './session-keeper.js';
import { StalledReaders } from './stalled-readers.js';
import { StreamReader } from './stream-reader.js';
import type { DriverConfig, DriverMessage, Tenant } from './tenant.js';
import { madeApp, nameOf, type Workload } from './workload.js';
import { workloads } from './workloads/index.js';
import { MOST_KEYS } from './workloads/quota.js';

/** Readers of each tenant that take nothing. */
const STALLED = 8;
const WARM_UP_S = 8;

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as DriverConfig;
const { tenants, fullTenant } = config;
const dialect = containerEngine;
const journal = new Journal(config.journal);
const random = new Random(config.seed);
const sender = new Sender(
  config.gatewayUrls,
  dialect,
  journal,
  // A stream of its own: how often something is sent does not change what is sent.
  new Random(config.seed + 1),
  [...tenants, fullTenant].map(({ canary }) => canary),
);
const has = (workload: string): boolean => config.workloads.includes(workload);
const tell = (message: DriverMessage): void => void process.send?.(message);
const orders = new Set<unknown>();
process.on('message', (order) => orders.add(order));
// Whoever started it is gone.
process.once('disconnect', () => process.exit());

const readers: { stop(): Promise<void> }[] = [];
for (const tenant of tenants) await prepare(tenant);
tell('prepared');

const chosen = sending();
if (has('quota')) await fill();
// What a process keeps once it has worked is not what it keeps when it has just begun.
await load(WARM_UP_S);
await sender.settled();
tell('warm');
await told('begin');
const loops = [
  ...tenants.map((tenant) => new Poller(sender, journal, dialect, tenant)),
  ...(has('sessions') ? tenants.map((tenant) => new SessionKeeper(sender, journal, dialect, tenant)) : []),
];
await load(config.seconds);
await sender.settled();
for (const loop of loops) await loop.stop();
tell('loaded');
await told('finish');
for (const reader of readers) await reader.stop();
journal.close();
process.exit();

async function told(order: DriverMessage): Promise<void> {
  while (!orders.has(order)) await delay(50);
}

async function load(seconds: number): Promise<void> {
  await openLoop(
    { perSecond: config.rate, seconds, isOver: () => orders.has('enough' satisfies DriverMessage) },
    () => {
      // One that waits for an answer leaves its turn to the next.
      for (let tries = 0; tries < 5 && chosen.length > 0; tries += 1) {
        const operations = random.oneOf(chosen).next();
        for (const operation of operations) void sender.send(operation);
        if (operations.length > 0) return;
      }
    },
  );
}

/** So many that the next ones are too many soon. */
async function fill(): Promise<void> {
  for (let number = 0; number < MOST_KEYS - 10; number += 1) {
    const name = nameOf(fullTenant, 'filled', number);
    const about = { workload: 'quota', kind: 'key', tenant: fullTenant, target: name, value: name } as const;
    await sender.send(() => ({ ...about, request: dialect.createKey(name) }));
  }
}

/** Subscribes and follows before anything happens. */
async function prepare(tenant: Tenant): Promise<void> {
  if (has('hooks')) {
    const request = dialect.subscribe(nameOf(tenant, 'hook'), `${config.receiverUrl}/${tenant.canary}`);
    const { status } = await sender.fetch(tenant, request, {});
    if (status !== 201) throw new Error(`the webhook of ${tenant.canary} was answered with ${status}`);
  }
  if (has('feed')) readers.push(new StreamReader(sender, journal, tenant, 'feed', dialect.followFeed()));
  if (has('lines')) {
    const name = nameOf(tenant, 'lines');
    const image = 'registry.example.org/web:1';
    const request = dialect.createApp(name, image);
    const outcome = await sender.send(() => ({
      workload: 'lines',
      kind: 'create',
      tenant,
      target: name,
      value: image,
      request,
    }));
    const app = madeApp(outcome, name);
    if (!app) throw new Error(`${name} could not be made`);
    readers.push(new StreamReader(sender, journal, tenant, 'lines', dialect.followLog(app)));
    if (has('stalled')) readers.push(new StalledReaders(config.gatewayUrls, tenant, dialect.followLog(app), STALLED));
  }
}

/** Each as often as its share of the rate says. */
function sending(): Workload[] {
  const context = { dialect, tenants, fullTenant, random };
  return Object.entries(workloads)
    .filter(([name]) => has(name))
    .flatMap(([, { make, share }]) => Array.from<Workload>({ length: share }).fill(make(context)));
}
