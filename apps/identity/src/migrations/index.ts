import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { UsersAndCredentials1764122400000 } from './1764122400000-users-and-credentials.js';

export const migrations: readonly MigrationClass[] = [inboxAndOutbox, UsersAndCredentials1764122400000];
