import { KubeconfigContext, KubeconfigPath, KubernetesServiceHost, KubernetesServicePort } from '@slipway/cluster';
import { NatsUrl } from '@slipway/messaging';
import { DatabaseUrl, EncryptionKeys } from '@slipway/persistence';
import { Variable } from '@slipway/runtime';
import { IsInt, Max, Min } from 'class-validator';

const ACTIVITY_DAYS = 90;

export class LogsConfig {
  @DatabaseUrl() databaseUrl: string;
  @NatsUrl() natsUrl: string;
  @EncryptionKeys() encryptionKeys: string;
  @KubeconfigPath() kubeconfigPath?: string;
  @KubeconfigContext() kubeconfigContext?: string;
  @KubernetesServiceHost() kubernetesServiceHost?: string;
  @KubernetesServicePort() kubernetesServicePort: number;

  @Variable('ACTIVITY_DAYS', {
    type: 'integer',
    default: ACTIVITY_DAYS,
    description: 'How long entries of the activity journal are kept.',
  })
  @IsInt()
  @Min(1)
  @Max(3650)
  activityDays: number;
}
