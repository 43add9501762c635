// The rights of every NATS user, from the registry: what a service does not do, it may not do. Read by npm start, docker-compose and the
// chart through generated files. The test tries every subject both ways.
import { ServiceName, type Operation } from '@slipway/contracts';

import {
  ALL_FEEDS,
  ALL_LOGS,
  ALL_READERS,
  deadLetterSubject,
  durableOf,
  inboxPrefixOf,
  Stream,
  triesSubject,
} from '../subjects.js';
import { desiredConsumers, desiredStreams } from './desired.js';

interface Subjects {
  readonly allow?: string[];
  readonly deny?: string[];
}

/** As nats-server's configuration spells it. */
export interface NatsUserRights {
  readonly user: string;
  readonly password: string;
  readonly permissions: {
    readonly publish: Subjects;
    readonly subscribe: Subjects;
    /** May answer what it was asked, wherever the question says; and ask for the next part of an answer. */
    readonly allow_responses?: { readonly max: number; readonly expires: string };
  };
}

/** The users beside the services: who provisions, and who looks after dead letters. */
export const PROVISION_USER = 'provision';
export const OPERATOR_USER = 'operator';
export const natsUserNames: readonly string[] = [...Object.values(ServiceName), OPERATOR_USER, PROVISION_USER];

/** Live subjects on core NATS that are no events: who tells, who listens. */
const LIVE: readonly { subject: string; from: ServiceName; to: ServiceName }[] = [
  { subject: ALL_LOGS, from: ServiceName.logs, to: ServiceName.gateway },
  { subject: ALL_FEEDS, from: ServiceName.notifications, to: ServiceName.gateway },
  { subject: ALL_READERS, from: ServiceName.gateway, to: ServiceName.notifications },
];

// A query may wait for a state; its caller waits no longer than this. A large answer comes in parts.
const RESPONSES = { max: 32, expires: '1m' };

/** @throws Error naming a user without a password */
export function natsUsers(
  operations: readonly Operation[],
  passwords: Readonly<Record<string, string>>,
): NatsUserRights[] {
  const passwordOf = (user: string): string => {
    const password = passwords[user];
    if (!password) throw new Error(`there is no password for the NATS user ${user}`);
    return password;
  };
  return [
    ...Object.values(ServiceName).map((service) => serviceUser(operations, service, passwordOf(service))),
    operatorUser(operations, passwordOf(OPERATOR_USER)),
    provisionUser(passwordOf(PROVISION_USER)),
  ];
}

function serviceUser(operations: readonly Operation[], service: ServiceName, password: string): NatsUserRights {
  const own = operations.filter((operation) => operation.service === service);
  const events = own.filter((operation) => operation.kind === 'event');
  const sent = operations.filter((operation) => operation.kind !== 'event' && operation.senders.includes(service));
  const heardLive = operations.filter(
    (operation) => operation.kind === 'event' && operation.liveListeners.includes(service),
  );
  const senders = own.flatMap((operation) => (operation.kind === 'command' ? operation.senders : []));
  const consumers = desiredConsumers(operations).filter((consumer) => consumer.service === service);
  const answers = own.some((operation) => operation.kind === 'query');
  const asks = sent.some((operation) => operation.kind === 'query');
  return {
    user: service,
    password,
    permissions: {
      publish: only([
        ...[...events, ...sent].map((operation) => operation.subject),
        ...senders.map((sender) => `${inboxPrefixOf(sender)}.>`),
        ...consumers.flatMap((consumer) => consumerRights(consumer.stream, service)),
        ...LIVE.filter(({ from }) => from === service).map(({ subject }) => subject),
      ]),
      subscribe: only([
        `${inboxPrefixOf(service)}.>`,
        ...(answers ? [`qry.${service}.>`] : []),
        ...[...heardLive, ...LIVE.filter(({ to }) => to === service)].map(({ subject }) => subject),
      ]),
      ...((answers || asks) && { allow_responses: RESPONSES }),
    },
  };
}

function consumerRights(stream: Stream, service: string): string[] {
  const durable = durableOf(service);
  return [
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.STREAM.INFO.${stream}`,
    // The form with domain and account hash is the default since 2.15.
    `$JS.ACK.${stream}.${durable}.>`,
    `$JS.ACK.*.*.${stream}.${durable}.>`,
    deadLetterSubject(stream, durable),
    triesSubject(stream, durable, '>'),
    `$JS.API.STREAM.INFO.${Stream.tries}`,
    // Its subject names the stream alone, so each can read all of them: they are counts.
    `$JS.API.STREAM.MSG.GET.${Stream.tries}`,
  ];
}

function operatorUser(operations: readonly Operation[], password: string): NatsUserRights {
  const stored = operations.filter((operation) => operation.kind !== 'query').map((operation) => operation.subject);
  const api = ['STREAM.INFO', 'STREAM.MSG.GET', 'STREAM.MSG.DELETE'];
  return {
    user: OPERATOR_USER,
    password,
    permissions: {
      publish: only([...api.map((verb) => `$JS.API.${verb}.${Stream.deadLetters}`), ...stored]),
      subscribe: only([`${inboxPrefixOf(OPERATOR_USER)}.>`]),
    },
  };
}

function provisionUser(password: string): NatsUserRights {
  const streams = desiredStreams.flatMap(({ name }) => [
    ...['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${name}`),
    `$JS.API.CONSUMER.CREATE.${name}.>`,
    `$JS.API.CONSUMER.DURABLE.CREATE.${name}.*`,
    `$JS.API.CONSUMER.INFO.${name}.*`,
  ]);
  return {
    user: PROVISION_USER,
    password,
    permissions: { publish: only(streams), subscribe: only([`${inboxPrefixOf(PROVISION_USER)}.>`]) },
  };
}

// An empty allow-list would mean everything.
function only(subjects: readonly string[]): Subjects {
  return subjects.length > 0 ? { allow: [...new Set(subjects)].sort() } : { deny: ['>'] };
}
