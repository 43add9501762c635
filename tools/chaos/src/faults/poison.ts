// F13: messages that nobody can handle, sent as a broken sender would: each becomes a dead letter with its reason, and its neighbours go on.
import { headers } from '@nats-io/nats-core';
import { connectBroker, inboxPrefixOf } from '@slipway/messaging';
import { createLogger } from '@slipway/runtime';
import { randomUUID } from 'node:crypto';

import type { Rig } from '../rig/rig.js';
import { moments, type PlanFaults } from './fault.js';

const SCALE = 'cmd.deployments.app.scale.v1';
const CREATED = 'evt.deployments.app.created.v1';
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
/** Comes first and once: each of its deliveries costs a process and thirty seconds. */
const KILLER = 'a command whose handler kills';

const poisons: Readonly<Record<string, Poison>> = {
  [KILLER]: { user: 'gateway', subject: SCALE, body: () => WELL_FORMED, withHeaders: true },
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
  /buried cmd\.deployments\.app\.scale\.v1: exhausted, (a handler that always throws|delivered 5 times without being settled)/,
];

/** Each service that listens to an event buries it for itself. */
const LISTENERS_OF_CREATED = 3;

/** How many dead letters such faults lead to. */
export function lettersOf(faults: readonly string[]): number {
  return faults
    .map((text) => poisons[text.replace(/^poison: /, '')]?.subject)
    .reduce((sum, subject) => sum + (subject === CREATED ? LISTENERS_OF_CREATED : 1), 0);
}

export const poison: PlanFaults = (context) =>
  moments(context).map((atMs, index) => {
    const names = Object.keys(poisons).filter((one) => index === 0 || one !== KILLER);
    const name = names[index % names.length] ?? '';
    return { atMs, text: `poison: ${name}`, inject: (rig) => send(rig, name) };
  });

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
      // As if somebody waited: what nobody waits for is tried for longer than a run lasts.
      if (user === 'gateway') sent.set('Slipway-Reply-To', `${inboxPrefixOf(user)}.chaos`);
    }
    await broker.jetstream.publish(subject, body(), { headers: sent });
  } finally {
    await broker.close();
  }
}
