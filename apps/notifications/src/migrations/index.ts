import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { FeedsAndWebhooks1764126000000 } from './1764126000000-feeds-and-webhooks.js';

export const migrations: readonly MigrationClass[] = [inboxAndOutbox, FeedsAndWebhooks1764126000000];
