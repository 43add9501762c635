import { startService } from '@slipway/runtime';

import { gateway } from './index.js';

await startService(gateway);
