import { startService } from '@slipway/runtime';

import { logs } from './index.js';

await startService(logs);
