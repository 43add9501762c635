// Streams and consumers as they should be. `provision` makes them so; services compare and go unready when they differ.
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { ServiceName, type Operation } from '@slipway/contracts';

import { commandsOf, durableOf, Stream } from '../subjects.js';

export type DesiredStream = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>;
export interface DesiredConsumer {
  readonly stream: Stream;
  readonly service: ServiceName;
  readonly config: Partial<ConsumerConfig> & { readonly durable_name: string };
}

const DAY_MS = 24 * 60 * 60 * 1000;
const DUPLICATE_WINDOW_MS = 5 * 60 * 1000;
const EVENTS_MAX_AGE_MS = 7 * DAY_MS;
// Far above the time between two tries. A message that comes later counts anew.
const TRIES_MAX_AGE_MS = 60 * 60 * 1000;
const DEAD_LETTERS_MAX_AGE_MS = 30 * DAY_MS;
// A queue this long means that nobody works: new commands are refused, which callers see, and none that was taken is dropped.
const COMMANDS_MAX_MESSAGES = 100_000;
/** How long the broker waits for a settlement before it delivers again. Running handlers prolong it. */
export const ACK_WAIT_MS = 30_000;
// Counts messages that wait for a retry too, so it is far above the concurrency of all replicas.
const MAX_ACK_PENDING = 2_000;

export const desiredStreams: readonly DesiredStream[] = [
  {
    name: Stream.commands,
    subjects: ['cmd.>'],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_msgs: COMMANDS_MAX_MESSAGES,
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  },
  {
    name: Stream.events,
    subjects: ['evt.>'],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(EVENTS_MAX_AGE_MS),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  },
  {
    name: Stream.deadLetters,
    subjects: ['dlq.>'],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(DEAD_LETTERS_MAX_AGE_MS),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  },
  {
    name: Stream.tries,
    subjects: ['try.>'],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(TRIES_MAX_AGE_MS),
    max_msgs_per_subject: 1,
  },
];

export function desiredConsumers(operations: readonly Operation[]): DesiredConsumer[] {
  return Object.values(ServiceName).flatMap((service) => [
    ...(operations.some((operation) => operation.kind === 'command' && operation.service === service)
      ? [consumer(Stream.commands, service, [commandsOf(service)])]
      : []),
    ...eventConsumer(operations, service),
  ]);
}

function eventConsumer(operations: readonly Operation[], service: ServiceName): DesiredConsumer[] {
  const subjects = operations
    .filter((operation) => operation.kind === 'event' && operation.listeners.includes(service))
    .map((operation) => operation.subject);
  return subjects.length > 0 ? [consumer(Stream.events, service, subjects)] : [];
}

// No max_deliver: services read the delivery count themselves, and a work queue keeps for ever what it gave up on.
// No backoff: it does not mix with nak(delay).
function consumer(stream: Stream, service: ServiceName, subjects: readonly string[]): DesiredConsumer {
  return {
    stream,
    service,
    config: {
      durable_name: durableOf(service),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ACK_WAIT_MS),
      max_deliver: -1,
      max_ack_pending: MAX_ACK_PENDING,
      filter_subjects: [...subjects].sort(),
    },
  };
}
