import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { ServiceName } from '@slipway/contracts';
import { MessagingModule } from '@slipway/messaging';
import { ServiceLogger } from '@slipway/runtime';

import { CoreModule } from './core/core.module.js';
import { DIALECTS, type DialectEdge } from './core/dialect-edge.js';
import { Frontend } from './core/frontend.js';
import { HttpEntry } from './core/http-entry.js';
import { ContainerEngineModule } from './dialects/container-engine/container-engine.module.js';
import { ContainerEngineEdge } from './dialects/container-engine/edge.js';
import { PorterEdge } from './dialects/porter/edge.js';
import { PorterModule } from './dialects/porter/porter.module.js';
import { GatewayConfig } from './gateway.config.js';

/** The core and the dialects over it. */
@Module({
  imports: [CoreModule, ContainerEngineModule, PorterModule],
  providers: [
    {
      provide: DIALECTS,
      inject: [ContainerEngineEdge, PorterEdge],
      useFactory: (...dialects: DialectEdge[]): readonly DialectEdge[] => dialects,
    },
    Frontend,
    HttpEntry,
  ],
})
export class GatewayModule implements OnModuleInit {
  constructor(
    private readonly config: GatewayConfig,
    private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    if (this.config.redisUrl) this.logger.info('REDIS_URL is set and not used: nothing in Slipway needs Redis');
  }

  static register(config: Readonly<GatewayConfig>): DynamicModule {
    const { natsUrl, sealPublicKeys } = config;
    return {
      module: GatewayModule,
      imports: [MessagingModule.register({ service: ServiceName.gateway, natsUrl, sealPublicKeys })],
    };
  }
}
