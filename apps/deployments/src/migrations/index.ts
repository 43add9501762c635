import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { Apps1764115200000 } from './1764115200000-apps.js';

export const migrations: readonly MigrationClass[] = [inboxAndOutbox, Apps1764115200000];
