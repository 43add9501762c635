import 'reflect-metadata';

import { ServiceName } from '@slipway/contracts';
import { defineService } from '@slipway/runtime';

import { createHttpApplication } from './core/http-application.js';
import { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

export { GatewayConfig } from './gateway.config.js';

/** The HTTP and WebSocket edge. It holds no state of its own: neither a database nor a cluster client. */
export const gateway = defineService({
  name: ServiceName.gateway,
  config: GatewayConfig,
  module: (config) => GatewayModule.register(config),
  http: {
    createApp: createHttpApplication,
    address: ({ host, port }) => ({ host, port }),
  },
});
