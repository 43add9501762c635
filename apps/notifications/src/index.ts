import { ServiceName } from '@slipway/contracts';
import { defineService } from '@slipway/runtime';

import { NotificationsConfig } from './notifications.config.js';
import { NotificationsModule } from './notifications.module.js';

export const notifications = defineService({
  name: ServiceName.notifications,
  config: NotificationsConfig,
  module: (config) => NotificationsModule.register(config),
});
export { NotificationsConfig } from './notifications.config.js';
export { migrations } from './migrations/index.js';
