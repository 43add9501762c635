import { Variable } from '@slipway/runtime';
import { IsInt, IsNotEmpty, Max, Min } from 'class-validator';

const ACTIVITY_DAYS = 90;

export class LogsConfig {
  @Variable('DATABASE_URL', { required: 'always', secret: true, description: "PostgreSQL, as this service's role." })
  @IsNotEmpty()
  databaseUrl: string;

  @Variable('NATS_URL', { required: 'always', secret: true, description: "The broker, as this service's user." })
  @IsNotEmpty()
  natsUrl: string;

  @Variable('ENCRYPTION_KEYS', {
    required: 'always',
    secret: true,
    description: 'Keys of encrypted columns, `<id>:<base64 of 32 bytes>,…`; the first encrypts, all decrypt.',
  })
  @IsNotEmpty()
  encryptionKeys: string;

  @Variable('KUBECONFIG_PATH', { description: 'Kubeconfig of the cluster; default: that of the pod it runs in.' })
  kubeconfigPath?: string;

  @Variable('KUBECONFIG_CONTEXT', { description: 'Context in that file; default: its current one.' })
  kubeconfigContext?: string;

  @Variable('KUBERNETES_SERVICE_HOST', { description: 'Set by Kubernetes inside a pod.' })
  kubernetesServiceHost?: string;

  @Variable('KUBERNETES_SERVICE_PORT', {
    type: 'integer',
    default: 443,
    description: 'Set by Kubernetes inside a pod.',
  })
  @IsInt()
  kubernetesServicePort: number;

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
