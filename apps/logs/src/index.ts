import { ServiceName } from '@slipway/contracts';
import { defineService } from '@slipway/runtime';

import { LogsConfig } from './logs.config.js';
import { LogsModule } from './logs.module.js';

export const logs = defineService({
  name: ServiceName.logs,
  config: LogsConfig,
  module: (config) => LogsModule.register(config),
});
export { migrations } from './migrations/index.js';
