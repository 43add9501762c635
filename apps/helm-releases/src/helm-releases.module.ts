import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceName } from '@slipway/contracts';
import { MessagingModule } from '@slipway/messaging';

import type { HelmReleasesConfig } from './helm-releases.config.js';

@Module({})
export class HelmReleasesModule {
  static register(config: Readonly<HelmReleasesConfig>): DynamicModule {
    return {
      module: HelmReleasesModule,
      imports: [MessagingModule.register({ service: ServiceName.helmReleases, natsUrl: config.natsUrl })],
    };
  }
}
