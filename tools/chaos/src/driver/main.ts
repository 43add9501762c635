// The driver: a process of its own that knows addresses and credentials only. Its journal lies outside the system.
import { readFileSync } from 'node:fs';

import { Random } from '../random.js';
import { containerEngine } from './container-engine.js';
import { Journal } from './journal.js';
import { openLoop } from './open-loop.js';
import { Poller } from './poller.js';
import { Sender } from './sender.js';
import { StalledReaders } from './stalled-readers.js';
import { StreamReader } from './stream-reader.js';
import type { DriverConfig, DriverMessage, Tenant } from './tenant.js';
import { madeApp, nameOf, type Workload } from './workload.js';
import { workloads } from './workloads/index.js';

/** Readers of each tenant that take nothing. */
const STALLED = 8;

const config = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as DriverConfig;
const { tenants } = config;
const dialect = containerEngine;
const journal = new Journal(config.journal);
const random = new Random(config.seed);
const sender = new Sender(
  config.gatewayUrls,
  dialect,
  journal,
  // A stream of its own: how often something is sent does not change what is sent.
  new Random(config.seed + 1),
  tenants.map(({ canary }) => canary),
);
const has = (workload: string): boolean => config.workloads.includes(workload);
const tell = (message: DriverMessage): void => void process.send?.(message);
const finish = new Promise((resolve) => process.on('message', resolve));
// Whoever started it is gone.
process.once('disconnect', () => process.exit());

const readers: { stop(): Promise<void> }[] = [];
for (const tenant of tenants) await prepare(tenant);
tell('prepared');

const [pollers, chosen] = [tenants.map((tenant) => new Poller(sender, journal, dialect, tenant)), sending()];
await openLoop({ perSecond: config.rate, seconds: config.seconds }, () => {
  // One that waits for an answer leaves its turn to the next.
  for (let tries = 0; tries < 5 && chosen.length > 0; tries += 1) {
    const operation = random.oneOf(chosen).next();
    if (operation) return void sender.send(operation);
  }
});
await sender.settled();
for (const poller of pollers) await poller.stop();
tell('loaded');
await finish;
for (const reader of readers) await reader.stop();
journal.close();
process.exit();

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
  const context = { dialect, tenants, random };
  return Object.entries(workloads)
    .filter(([name]) => has(name))
    .flatMap(([, { make, share }]) => Array.from<Workload>({ length: share }).fill(make(context)));
}
