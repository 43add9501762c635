import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { Apps1764115200000 } from './1764115200000-apps.js';
import { Domains1795718000000 } from './1795718000000-domains.js';
import { Pages1795728000000 } from './1795728000000-pages.js';
import { RestartedAt1795716000000 } from './1795716000000-restarted-at.js';

export const migrations: readonly MigrationClass[] = [
  inboxAndOutbox,
  Apps1764115200000,
  RestartedAt1795716000000,
  Domains1795718000000,
  Pages1795728000000,
];
