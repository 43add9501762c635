import { ServiceName } from '@slipway/contracts';
import { defineService } from '@slipway/runtime';

import { CatalogConfig } from './catalog.config.js';
import { CatalogModule } from './catalog.module.js';

export const catalog = defineService({
  name: ServiceName.catalog,
  config: CatalogConfig,
  module: (config) => CatalogModule.register(config),
});
export { migrations } from './migrations/index.js';
