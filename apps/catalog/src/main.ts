import { startService } from '@slipway/runtime';

import { catalog } from './index.js';

await startService(catalog);
