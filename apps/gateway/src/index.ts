import 'reflect-metadata';

import { ServiceName } from '@slipway/contracts';
import { defineService } from '@slipway/runtime';

import { declaredRoutesOf, type DeclaredRoute } from './core/declared-routes.js';
import { createHttpApplication } from './core/http-application.js';
import { ContainerEngineModule } from './dialects/container-engine/container-engine.module.js';
import { PorterModule } from './dialects/porter/porter.module.js';
import { GatewayConfig } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

export type { DeclaredRoute } from './core/declared-routes.js';
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

/** The routes of each dialect, by the name of its folder. */
export const dialectRoutes: ReadonlyMap<string, readonly DeclaredRoute[]> = new Map([
  ['container-engine', declaredRoutesOf(ContainerEngineModule)],
  ['porter', declaredRoutesOf(PorterModule)],
]);
