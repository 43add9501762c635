import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';

import { GatewayConfig, publicUrlOf } from '../gateway.config.js';
import { AccessGuard } from './access.guard.js';
import { Authentication } from './authentication.js';
import { CoreClient } from './core-client.js';
import { CredentialWatch } from './credential-watch.js';
import { FailureFilter } from './failure.filter.js';
import { FeedReader } from './feed-reader.js';
import { HttpStreams } from './http-streams.js';
import { LiveSubjects } from './live-subjects.js';
import { LogFollower } from './log-follower.js';
import { LoopLag } from './loop-lag.js';
import { OperationsController } from './operations.controller.js';
import { Origins } from './origins.js';
import { ReaderRegister } from './reader-register.js';
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
    CredentialWatch,
    FeedReader,
    HttpStreams,
    LiveSubjects,
    LogFollower,
    LoopLag,
    ReaderRegister,
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
  exports: [
    Authentication,
    CoreClient,
    FeedReader,
    HttpStreams,
    LogFollower,
    LoopLag,
    Origins,
    ServiceWatch,
    WebSockets,
  ],
})
export class CoreModule {}
