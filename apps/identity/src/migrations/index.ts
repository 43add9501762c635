import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { UsersAndCredentials1764122400000 } from './1764122400000-users-and-credentials.js';
import { ResetTokens1795725000000 } from './1795725000000-reset-tokens.js';
import { ClusterContexts1795814400000 } from './1795814400000-cluster-contexts.js';

export const migrations: readonly MigrationClass[] = [
  inboxAndOutbox,
  UsersAndCredentials1764122400000,
  ResetTokens1795725000000,
  ClusterContexts1795814400000,
];
