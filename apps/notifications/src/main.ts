import { startService } from '@slipway/runtime';

import { notifications } from './index.js';

await startService(notifications);
