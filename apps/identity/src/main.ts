import { startService } from '@slipway/runtime';

import { identity } from './index.js';

await startService(identity);
