export { actorOf, writerOf } from './caller.js';
export { Broker, connectBroker, type BrokerOptions } from './broker/broker.js';
export { UnsuitableServerError } from './broker/check-server.js';
export { Bus } from './bus/bus.js';
export { COMMAND_TIMEOUT_MS, QUERY_TIMEOUT_MS, type Call } from './bus/call.js';
export { EventPublisher, type OutgoingMessage } from './bus/event-publisher.js';
export { LiveSubscription, type LiveMessage, type LiveOptions } from './bus/live-subscription.js';
export { DeadReason } from './dead-letters/dead-letter.js';
export { getDeadLetter, listDeadLetters, replayDeadLetter, type DeadLetter } from './dead-letters/dead-letters.js';
export { Handles, On } from './handlers/handles.js';
export { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
export { MessagingModule } from './messaging.module.js';
export { desiredConsumers, desiredStreams } from './provisioning/desired.js';
export { diffStreamConfig, type Difference } from './provisioning/diff-config.js';
export {
  natsUserNames,
  natsUsers,
  OPERATOR_USER,
  PROVISION_USER,
  type NatsUserRights,
} from './provisioning/nats-users.js';
export { compareProvisioned, provision, ProvisioningError } from './provisioning/provision.js';
export { internalProblem, Refusal, Transient } from './refusal.js';
export { sealFor, SealError, unseal } from './sealing/seal.js';
export {
  generateSealKeyPair,
  parseSealPrivateKeys,
  parseSealPublicKeys,
  type PrivateSealKey,
  type PublicSealKey,
} from './sealing/seal-keys.js';
export { Sealing } from './sealing/sealing.js';
export {
  ALL_READERS,
  decodeToken,
  encodeToken,
  feedSubject,
  inboxPrefixOf,
  logSubject,
  readersSubject,
  Stream,
} from './subjects.js';
export { NatsUrl, SealPrivateKey, SealPublicKeys } from './variables.js';
export { JetStreamTransport } from './transport/jetstream-transport.js';
export { EnvelopeError, fromHeaders, Header, toHeaders } from './wire/headers.js';
export { markReplayed, type Reply, wasReplayed } from './wire/reply.js';
export { MAX_DEPTH, validateInput, type Validated } from './wire/validate-input.js';
