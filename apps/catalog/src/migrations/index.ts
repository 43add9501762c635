import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { Environments1764115200000 } from './1764115200000-environments.js';

export const migrations: readonly MigrationClass[] = [inboxAndOutbox, Environments1764115200000];
