import { startService } from '@slipway/runtime';

import { helmReleases } from './index.js';

await startService(helmReleases);
