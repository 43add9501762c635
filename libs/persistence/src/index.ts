export { createDataSource } from './database/data-source.js';
export { describeAddress, describeConnectionFault } from './database/database-address.js';
export { type EntityColumns, entityColumns } from './database/entity-columns.js';
export { isPassingFault, isUniqueViolation } from './database/database-errors.js';
export {
  DEFAULT_POOL_SIZE,
  type EntityClass,
  type MigrationClass,
  type PersistenceOptions,
  type Prune,
  schemaOf,
} from './database/database-options.js';
export { type CipherPlace, DecryptionError, Encryption } from './encryption/encryption.js';
export { Inbox } from './inbox/inbox.js';
export { assertNoDrift, findDrift } from './migrations/find-drift.js';
export { inboxAndOutbox } from './migrations/inbox-and-outbox.js';
export { migrate, type MigrateOptions } from './migrations/migrate.js';
export { prepareDatabase, type ServiceRole } from './migrations/prepare-database.js';
export { type AddOptions, Outbox } from './outbox/outbox.js';
export { OutboxRelay } from './outbox/outbox-relay.js';
export { refillEvents } from './outbox/refill-events.js';
export { DatabaseUrl, EncryptionKeys } from './variables.js';
export { Pruning } from './pruning.js';
export { PersistenceModule } from './persistence.module.js';
export { takeTurns } from './transaction/take-turns.js';
export { Reader, Transactions, Tx } from './transaction/transactions.js';
