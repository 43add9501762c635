import { describe, expect, it } from 'vitest';

import { UserError } from '../user-error.js';
import { startCluster } from './cluster.js';

describe('the cluster of an instance', () => {
  it('is never the embedded one in production, and what to do is said', async () => {
    const start = startCluster({ dataDir: '/nonexistent', production: true, log: () => {} });
    await expect(start).rejects.toThrow(UserError);
    await expect(start).rejects.toThrow(/NODE_ENV is production.* --kubeconfig or KUBECONFIG_PATH/);
  });
});
