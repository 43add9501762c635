import { operations, ServiceName, type Operation } from '@slipway/contracts';
import { createLogger } from '@slipway/runtime';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { connectBroker, type Broker } from '../broker/broker.js';
import { startNats, type TestNats } from '../fixture/service.js';
import { natsUserNames, natsUsers, OPERATOR_USER, PROVISION_USER } from './nats-users.js';
import { compareProvisioned, provision } from './provision.js';

const passwords = Object.fromEntries(natsUserNames.map((user) => [user, `secret-of-${user}`]));
const services = Object.values(ServiceName);

/** Who may publish on a subject, from the declarations alone. */
function publishers(operation: Operation): string[] {
  if (operation.kind === 'query') return [...operation.senders];
  if (operation.kind === 'event') return [operation.service, OPERATOR_USER];
  return [...operation.senders, OPERATOR_USER];
}

const owners = (kind: Operation['kind']) =>
  services.filter((service) => operations.some((o) => o.kind === kind && o.service === service));
const listeners = services.filter((service) =>
  operations.some((o) => o.kind === 'event' && o.listeners.includes(service)),
);
const commandOwners = owners('command');
const answersTo = (sender: string): string[] =>
  commandOwners.filter((service) =>
    operations.some((o) => o.kind === 'command' && o.service === service && o.senders.some((name) => name === sender)),
  );

const publishable: [string, string[]][] = [
  ...operations.map((operation): [string, string[]] => [operation.subject, publishers(operation)]),
  ...services.map((service): [string, string[]] => [`_INBOX_${service}.x`, answersTo(service)]),
  ...commandOwners.flatMap((service): [string, string[]][] => [
    [`dlq.COMMANDS.${service}`, [service]],
    [`try.COMMANDS.${service}.1.1`, [service]],
    [`$JS.API.CONSUMER.MSG.NEXT.COMMANDS.${service}`, [service]],
    [`$JS.ACK.COMMANDS.${service}.1.1.1.1.1`, [service]],
    [`$JS.ACK._.hash.COMMANDS.${service}.1.1.1.1.1.token`, [service]],
  ]),
  ...listeners.flatMap((service): [string, string[]][] => [
    [`dlq.EVENTS.${service}`, [service]],
    [`try.EVENTS.${service}.1.1`, [service]],
    [`$JS.API.CONSUMER.MSG.NEXT.EVENTS.${service}`, [service]],
    [`$JS.ACK.EVENTS.${service}.1.1.1.1.1`, [service]],
  ]),
  ['log.e.a.p.c', ['logs']],
  ['feed.u', ['notifications']],
  ['readers.g', ['gateway']],
  ['_INBOX.x', []],
  ['cmd.identity.user.unknown.v1', []],
  ['$JS.API.STREAM.PURGE.COMMANDS', []],
  ['$JS.API.STREAM.DELETE.EVENTS', []],
  ['$JS.API.CONSUMER.DELETE.COMMANDS.identity', []],
  ['$JS.API.STREAM.CREATE.COMMANDS', [PROVISION_USER]],
  ['$JS.API.STREAM.MSG.GET.DEAD_LETTERS', [OPERATOR_USER]],
  ['$JS.API.STREAM.MSG.GET.COMMANDS', []],
  ['$JS.API.STREAM.MSG.GET.TRIES', services.filter((one) => commandOwners.includes(one) || listeners.includes(one))],
];

const subscribable: [string, string[]][] = [
  ...services.map((service): [string, string[]] => [
    `qry.${service}.>`,
    owners('query').includes(service) ? [service] : [],
  ]),
  ...natsUserNames.map((user): [string, string[]] => [`_INBOX_${user}.>`, [user]]),
  ['log.>', ['gateway']],
  ['feed.u', ['gateway']],
  ['readers.>', ['notifications']],
  ['evt.identity.credential.revoked.v1', ['gateway']],
  ['evt.>', []],
  ['cmd.>', []],
  ['dlq.>', []],
  ['_INBOX.>', []],
  ['>', []],
];

describe('NATS users', () => {
  let nats: TestNats;
  const open = (user: string): Promise<Broker> => {
    const natsUrl = nats.url.replace('nats://', `nats://${user}:${passwords[user] ?? ''}@`);
    return connectBroker({ service: user, natsUrl, logger: createLogger({ level: 'silent' }) });
  };

  beforeAll(async () => {
    nats = await startNats(natsUsers(operations, passwords));
  });
  afterAll(() => nats.stop());

  it('can provision, as that user alone', async () => {
    const broker = await open(PROVISION_USER);
    expect(await provision(broker.connection, operations)).not.toEqual([]);
    expect(await provision(broker.connection, operations)).toEqual([]);
    await broker.close();
  });

  it.each(services)('%s can compare its own streams and consumers', async (service) => {
    const broker = await open(service);
    await expect(compareProvisioned(broker.connection, operations, service)).resolves.toEqual([]);
    await broker.close();
  });

  it.each(natsUserNames)('%s may publish and subscribe to what is its own, and nothing else', async (user) => {
    const broker = await open(user);
    const { connection } = broker;
    const violations: string[] = [];
    void (async () => {
      for await (const status of connection.status())
        if (status.type === 'error') violations.push(status.error.message);
    })();
    for (const [subject] of publishable) connection.publish(subject, 'not json');
    for (const [subject] of subscribable) connection.subscribe(subject, { callback: () => undefined });
    await connection.flush();
    const violated = (verb: string, subject: string): boolean =>
      violations.some((text) => text.toLowerCase().includes(`${verb} to "${subject.toLowerCase()}"`));
    await vi.waitFor(() => {
      expect(publishable.filter(([subject]) => !violated('publish', subject))).toEqual(
        publishable.filter(([, allowed]) => allowed.includes(user)),
      );
      expect(subscribable.filter(([subject]) => !violated('subscription', subject))).toEqual(
        subscribable.filter(([, allowed]) => allowed.includes(user)),
      );
    });
    await connection.close();
  });

  it('lets nobody in with another password', async () => {
    const natsUrl = nats.url.replace('nats://', 'nats://identity:wrong@');
    await expect(
      connectBroker({ service: 'identity', natsUrl, logger: createLogger({ level: 'silent' }) }),
    ).rejects.toThrow(/authorization/i);
  });
});
