import { inboxAndOutbox, type MigrationClass } from '@slipway/persistence';

import { FeedsAndWebhooks1764126000000 } from './1764126000000-feeds-and-webhooks.js';
import { DeliveryReplays1795717000000 } from './1795717000000-delivery-replays.js';
import { PreviousSecrets1795718000000 } from './1795718000000-previous-secrets.js';
import { Mail1795724000000 } from './1795724000000-mail.js';
import { MailAddresses1795727000000 } from './1795727000000-mail-addresses.js';
import { FailingSince1795719000000 } from './1795719000000-failing-since.js';

export const migrations: readonly MigrationClass[] = [
  inboxAndOutbox,
  FeedsAndWebhooks1764126000000,
  DeliveryReplays1795717000000,
  PreviousSecrets1795718000000,
  FailingSince1795719000000,
  Mail1795724000000,
  MailAddresses1795727000000,
];
