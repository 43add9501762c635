import { NatsUrl } from '@slipway/messaging';

export class HelmReleasesConfig {
  @NatsUrl() natsUrl: string;
}
