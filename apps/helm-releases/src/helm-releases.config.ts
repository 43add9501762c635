import { NatsUrl } from '@slipway/messaging';
import { OutboundAllow } from '@slipway/outbound';
import { Variable } from '@slipway/runtime';
import { IsString } from 'class-validator';

export class HelmReleasesConfig {
  @NatsUrl() natsUrl: string;
  @OutboundAllow() outboundAllow: readonly string[];

  @Variable('MEMORY_RELEASES', {
    description:
      'File with a JSON list of releases for the storage `memory`, to try things out; ignored in production.',
  })
  @IsString()
  memoryReleases?: string;
}
