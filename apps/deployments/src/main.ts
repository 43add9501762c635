import { startService } from '@slipway/runtime';

import { deployments } from './index.js';

await startService(deployments);
