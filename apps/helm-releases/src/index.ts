import { ServiceName } from '@slipway/contracts';
import { defineService } from '@slipway/runtime';

import { HelmReleasesConfig } from './helm-releases.config.js';
import { HelmReleasesModule } from './helm-releases.module.js';

export const helmReleases = defineService({
  name: ServiceName.helmReleases,
  config: HelmReleasesConfig,
  module: (config) => HelmReleasesModule.register(config),
});
