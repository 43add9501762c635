import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';

import { GatewayConfig, publicUrlOf } from '../gateway.config.js';
import { AccessGuard } from './access.guard.js';
import { Authentication } from './authentication.js';
import { CoreClient } from './core-client.js';
import { FailureFilter } from './failure.filter.js';
import { OperationsController } from './operations.controller.js';
import { Origins } from './origins.js';
import { ServiceWatch } from './service-watch.js';
import { SigningKeys } from './signing-keys.js';
import { WebSockets } from './web-sockets.js';

/** What all dialects share. It knows none of them. */
@Global()
@Module({
  controllers: [OperationsController],
  providers: [
    Authentication,
    CoreClient,
    ServiceWatch,
    SigningKeys,
    WebSockets,
    {
      provide: Origins,
      inject: [GatewayConfig],
      useFactory: (config: GatewayConfig) => new Origins(publicUrlOf(config), config.corsOrigins),
    },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_FILTER, useClass: FailureFilter },
  ],
  exports: [Authentication, CoreClient, Origins, ServiceWatch, WebSockets],
})
export class CoreModule {}
