import { defineService } from '@slipway/runtime';

import { DeploymentsConfig } from './deployments.config.js';
import { DeploymentsModule } from './deployments.module.js';

export { DeploymentsConfig } from './deployments.config.js';
export { migrations } from './migrations/index.js';

export const deployments = defineService({
  name: 'deployments',
  config: DeploymentsConfig,
  module: (config) => DeploymentsModule.register(config),
});
