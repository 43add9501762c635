import { inboxAndOutbox } from '@slipway/persistence';

import { Environments1764115200000 } from './1764115200000-environments.js';

export const migrations = [inboxAndOutbox, Environments1764115200000];
