import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { AudienceAndActivity1764115200000 } from './1764115200000-audience-and-activity.js';

export const migrations: readonly MigrationClass[] = [inboxAndOutbox, AudienceAndActivity1764115200000];
