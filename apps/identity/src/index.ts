import 'reflect-metadata';

import { defineService } from '@slipway/runtime';

import { IdentityConfig } from './identity.config.js';
import { IdentityModule } from './identity.module.js';

export const identity = defineService({
  name: 'identity',
  config: IdentityConfig,
  module: (config) => IdentityModule.register(config),
});
export { IdentityConfig } from './identity.config.js';
export { entities } from './identity.module.js';
export { ensureFirstUser, type FirstUser } from './user/first-user.js';
export { migrations } from './migrations/index.js';
