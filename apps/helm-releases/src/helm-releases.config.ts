import { Variable } from '@slipway/runtime';
import { IsNotEmpty } from 'class-validator';

export class HelmReleasesConfig {
  @Variable('NATS_URL', {
    required: 'always',
    secret: true,
    description: "The message broker with the service's user: nats://helm-releases:<password>@host:4222.",
  })
  @IsNotEmpty()
  natsUrl: string;
}
