// F13: messages that nobody can handle, sent as a broken sender would: each becomes a dead letter with its reason, and its neighbours go on.
import { headers } from '@nats-io/nats-core';
import type { KubeObject } from '@slipway/cluster';
import { connectBroker, inboxPrefixOf } from '@slipway/messaging';
import { createLogger } from '@slipway/runtime';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { KILLS } from '../defects/defects.js';
import { askCluster } from '../observe/cluster.js';
import type { Random } from '../random.js';
import type { Rig } from '../rig/rig.js';
import { byTime, dealt, type FaultContext, lane, type Lasting, moments, type PlanFaults } from './fault.js';

const SCALE = 'cmd.deployments.app.scale.v1';
const CREATED = 'evt.deployments.app.created.v1';
const RENAME = 'cmd.identity.user.update.v1';
const MIB = 1024 * 1024;

interface Poison {
  /** A user of the broker that may send on the subject. */
  readonly user: 'gateway' | 'deployments';
  readonly subject: string;
  readonly body: () => string;
  readonly withHeaders: boolean;
}

/** Well-formed: what is wrong with it is its handler (../defects, aids). */
const WELL_FORMED = `{"app":{"id":"${randomUUID()}"},"replicas":1,"start":true}`;
/** What the contracts have as an example of the subject. */
function sampleOf(subject: string, file: string): string {
  const path = new URL(`../../../../libs/contracts/samples/${subject}/${file}.json`, import.meta.url);
  const { input, payload } = JSON.parse(readFileSync(path, 'utf8')) as { input?: object; payload?: object };
  return JSON.stringify(input ?? payload);
}

/** Each of its deliveries costs a process and thirty seconds. In turn, so that no service meets two at once. */
const KILLERS = [
  'a command whose handler kills',
  'an event whose handlers kill',
  "another service's command whose handler kills",
] as const;
const KILLING_MS = 160_000;
/** Beside so many poisons of the eight other kinds three killers, which make five services end. */
const KILLERS_OF = 3 / 40;

/** No message: whoever reads the cluster must get over it. */
const ANNOTATED = 'objects with malformed annotations';
const MALFORMED = {
  'kubectl.kubernetes.io/last-applied-configuration': '{"a":',
  'example.org/anything': '\uFFFF%s"\\',
};
/** What Slipway itself wrote there. */
const OWN_MALFORMED = { 'slipway.dev/applied': '{' };

const poisons: Readonly<Record<string, Poison>> = {
  [KILLERS[0]]: { user: 'gateway', subject: SCALE, body: () => WELL_FORMED, withHeaders: true },
  [KILLERS[1]]: { user: 'deployments', subject: CREATED, body: () => sampleOf(CREATED, 'shop'), withHeaders: true },
  [KILLERS[2]]: { user: 'gateway', subject: RENAME, body: () => sampleOf(RENAME, 'rename'), withHeaders: true },
  'a command whose handler throws': { user: 'gateway', subject: SCALE, body: () => WELL_FORMED, withHeaders: true },
  'a command that is no JSON': { user: 'gateway', subject: SCALE, body: () => '{"app":', withHeaders: true },
  'a command without headers': { user: 'gateway', subject: SCALE, body: () => '{}', withHeaders: false },
  'an event that is no JSON': { user: 'deployments', subject: CREATED, body: () => 'no JSON', withHeaders: true },
  'an event of another shape': { user: 'deployments', subject: CREATED, body: () => '{"app":{}}', withHeaders: true },
  'an event without headers': { user: 'deployments', subject: CREATED, body: () => '{}', withHeaders: false },
  'an event as large as may be': {
    user: 'deployments',
    subject: CREATED,
    body: () => `{"app":"${'x'.repeat(3 * MIB)}"}`,
    withHeaders: true,
  },
};

/** As ../check words a dead letter. */
export const POISONED = [
  /buried (cmd\.deployments\.app\.scale|evt\.deployments\.app\.created)\.v1: undecodable/,
  /buried cmd\.deployments\.app\.scale\.v1: exhausted, a handler that always throws/,
  /buried (cmd\.deployments\.app\.scale|cmd\.identity\.user\.update|evt\.deployments\.app\.created)\.v1: exhausted, begun 5 times without/,
];

/** Of those that nobody can read. */
export const UNREADABLE = POISONED.slice(0, 1);

/** One to a command's handler and one to an event's listeners. */
export async function sendBroken(rig: Rig): Promise<void> {
  await send(rig, 'a command that is no JSON');
  await send(rig, 'an event that is no JSON');
}

/** Each service that listens to an event buries it for itself. */
const LISTENERS_OF_CREATED = 3;

/** How many dead letters such faults lead to. */
export function lettersOf(faults: readonly string[]): number {
  return faults.map(nameOf).reduce((sum, name) => sum + listenersOf(name), 0);
}

/** How many services kill by such faults. */
export function killersOf(faults: readonly string[]): number {
  return faults.map(nameOf).reduce((sum, name) => sum + (isKiller(name) ? listenersOf(name) : 0), 0);
}

/** As it stands in the text of a fault, where a lane tells how long it lasts behind it. */
function nameOf(text: string): string {
  return text.replace(/^poison: /, '').replace(/, \d+ ms$/, '');
}

function listenersOf(name: string): number {
  if (name === ANNOTATED) return 0;
  return poisons[name]?.subject === CREATED ? LISTENERS_OF_CREATED : 1;
}

function isKiller(name: string): boolean {
  return KILLS.test(name);
}

export const poison: PlanFaults = (context) => {
  const names = [...Object.keys(poisons).filter((name) => !isKiller(name)), ANNOTATED];
  const others = moments(context).map((atMs, index) => {
    const name = names[index % names.length] ?? '';
    return {
      atMs,
      text: `poison: ${name}`,
      inject: (rig: Rig) => (name === ANNOTATED ? annotate(rig, context.random) : send(rig, name)),
    };
  });
  const killers = Array.from({ length: killersFor(context) }, (_, index): Lasting => {
    const name = KILLERS[index % KILLERS.length] ?? '';
    return {
      lastsMs: KILLING_MS,
      text: `poison: ${name}`,
      inject: async (rig, lastsMs) => {
        await send(rig, name);
        await delay(lastsMs);
      },
    };
  });
  return byTime([...others, ...dealt(killers, KILLERS.length).flatMap((ofLane) => lane(context, 0, ofLane))]);
};

/** One at least, and no more than there is time for. */
function killersFor({ count, loadMs }: FaultContext): number {
  const fitting = Math.floor((loadMs * 3) / 4 / KILLING_MS) * KILLERS.length;
  return Math.max(1, Math.min(Math.floor(count * KILLERS_OF), fitting));
}

/** A pod and its Deployment. */
async function annotate(rig: Rig, random: Random): Promise<void> {
  await askCluster(rig.cluster.kubeconfig, async (cluster) => {
    const pods = await cluster.list('Pod');
    const { metadata } = random.oneOf(pods);
    const app = metadata.labels?.['app.kubernetes.io/name'] ?? '';
    const { namespace } = metadata;
    for (const object of [
      { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name: metadata.name, annotations: MALFORMED } },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace, name: app, annotations: { ...MALFORMED, ...OWN_MALFORMED } },
      },
    ] as KubeObject[])
      await cluster.apply(object, { fieldManager: 'chaos' });
  });
}

async function send(rig: Rig, name: string): Promise<void> {
  const one = poisons[name];
  if (!one) return;
  const { user, subject, body, withHeaders } = one;
  const broker = await connectBroker({
    service: user,
    natsUrl: rig.brokerUrl(user),
    logger: createLogger({ level: 'fatal' }),
  });
  try {
    const sent = headers();
    sent.set('Nats-Msg-Id', randomUUID());
    if (withHeaders) {
      sent.set('Slipway-Operation', randomUUID());
      sent.set('Slipway-Correlation', name);
      // As if somebody waited: what nobody waits for is tried for three minutes, longer than the wait for quiet.
      if (user === 'gateway') sent.set('Slipway-Reply-To', `${inboxPrefixOf(user)}.chaos`);
    }
    await broker.jetstream.publish(subject, body(), { headers: sent });
  } finally {
    await broker.close();
  }
}
