import {
  Flag,
  Format,
  Id,
  Integer,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Sealed,
  Text,
  TextList,
  TextMap,
  Time,
} from '@slipway/contracts';

import { Pagination } from './query.js';
import { STATUSES, type Status } from './status.js';

// ---- bodies. Fields in the order in which a refusal names them.

export class ResourcesInput {
  @Format('quantity') @Optional() cpu?: string | null;
  @Format('quantity') @Optional() memory?: string | null;
  @Format('quantity') @Optional() cpu_request?: string | null;
  @Format('quantity') @Optional() memory_request?: string | null;
  @Format('quantity') @Optional() cpu_limit?: string | null;
  @Format('quantity') @Optional() memory_limit?: string | null;
}

export class HealthCheckInput {
  @Format('leading_slash') path: string;
  @Integer({ min: 0, max: 300 }) @Optional() initial_delay_seconds?: number | null;
  @Integer({ min: 1, max: 300 }) @Optional() period_seconds?: number | null;
  @Integer({ min: 1, max: 60 }) @Optional() timeout_seconds?: number | null;
  @Integer({ min: 1, max: 10 }) @Optional() failure_threshold?: number | null;
}

export class RegistryAuthInput {
  @Text({ min: 1, max: 255 }) username: string;
  @Text({ min: 1, max: 4096 }) @Sealed() password: string;
  @Text({ min: 1, max: 255 }) @Optional() server?: string | null;
}

export class CreateDeployment {
  @Format('dns_label') app_name: string;
  @Format('image') image: string;
  @Integer({ min: 1, max: 65535 }) port: number;
  @TextMap() @Optional() env_vars?: Record<string, string> | null;
  /** At most MAX_REPLICAS. */
  @Integer() @Optional() replicas?: number | null;
  @Nested(() => ResourcesInput) @Optional() resources?: ResourcesInput | null;
  @Nested(() => HealthCheckInput) @Optional() health_check?: HealthCheckInput | null;
  @Nested(() => RegistryAuthInput) @Optional() registry_auth?: RegistryAuthInput | null;
}

export class UpdateDeployment {
  @Text() @Optional() app_name?: string | null;
  @Format('image') @Optional() image?: string | null;
  @Integer({ min: 1, max: 65535 }) @Optional() port?: number | null;
  @TextMap() @Optional() env_vars?: Record<string, string> | null;
  @Integer() @Optional() replicas?: number | null;
  @Nested(() => ResourcesInput) @Optional() resources?: ResourcesInput | null;
  @Nested(() => HealthCheckInput) @Optional() health_check?: HealthCheckInput | null;
  @Nested(() => RegistryAuthInput) @Optional() registry_auth?: RegistryAuthInput | null;
}

export class ScaleDeployment {
  @Integer() replicas: number;
}

/** A value sets, null takes away. */
export class PatchVariables {
  @TextMap({ nullable: true }) env_vars: Record<string, string | null>;
}

// ---- answers

export class CreatedDeployment {
  @Id() id: string;
  @Text() app_name: string;
  @Text() image: string;
  @OneOf(STATUSES) status: Status;
  @Text() @Optional() url: string | null;
  @Time() created_at: string;
  @Text() message: string;
}

export class DeploymentListItem {
  @Id() id: string;
  @Text() app_name: string;
  @Text() image: string;
  @OneOf(STATUSES) status: Status;
  @Text() @Optional() url: string | null;
  @Integer() replicas: number;
  @Time() created_at: string;
  @Time() updated_at: string;
  /** There while there is one: of a deployment that is being deleted nothing else tells. */
  @Text() @Optional() reason?: string;
  @Text() @Optional() message?: string;
}

export class DeploymentList {
  @NestedList(() => DeploymentListItem) deployments: DeploymentListItem[];
  @Nested(() => Pagination) pagination: Pagination;
}

export class ResourcesAnswer {
  @Text() @Optional() cpu: string | null;
  @Text() @Optional() memory: string | null;
  @Text() @Optional() cpu_request: string | null;
  @Text() @Optional() memory_request: string | null;
  @Text() @Optional() cpu_limit: string | null;
  @Text() @Optional() memory_limit: string | null;
}

export class HealthCheckAnswer {
  @Text() path: string;
  @Integer() initial_delay_seconds: number;
  @Integer() period_seconds: number;
  @Integer() timeout_seconds: number;
  @Integer() failure_threshold: number;
}

export class RegistryAuthAnswer {
  @Text() username: string;
  @Text() server: string;
}

export class Deployment {
  @Id() id: string;
  @Id() user_id: string;
  @Text() app_name: string;
  @Text() image: string;
  @OneOf(STATUSES) status: Status;
  @Text() @Optional() url: string | null;
  @Integer() @Optional() port: number | null;
  @TextMap() env_vars: Record<string, string>;
  @Integer() replicas: number;
  @Nested(() => ResourcesAnswer) resources: ResourcesAnswer;
  @Nested(() => HealthCheckAnswer) @Optional() health_check: HealthCheckAnswer | null;
  @Time() created_at: string;
  @Time() updated_at: string;
  @Time() @Optional() deployed_at: string | null;
  @Text() @Optional() error_message: string | null;
  @Text() @Optional() reason: string | null;
  @Integer() revision: number;
  @Integer() ready_replicas: number;
  @Text() origin: string;
  @Nested(() => RegistryAuthAnswer) @Optional() registry_auth: RegistryAuthAnswer | null;
}

export class UpdatedDeployment {
  @Id() id: string;
  @OneOf(STATUSES) status: Status;
  @Text() message: string;
  @Time() updated_at: string;
  @Integer() revision: number;
  @TextList() @Optional() warnings?: string[];
}

export class RestartedDeployment {
  @Id() id: string;
  @OneOf(STATUSES) status: Status;
  @Text() message: string;
}

export class Variables {
  @Id() deployment_id: string;
  @Text() app_name: string;
  @TextMap() env_vars: Record<string, string>;
  @Time() updated_at: string;
}

export class PatchedVariables {
  @Id() id: string;
  @OneOf(STATUSES) status: Status;
  @Text() message: string;
  @TextMap() updated_env_vars: Record<string, string>;
  @Time() updated_at: string;
  @Integer() revision: number;
}

export class ScaledDeployment {
  @Id() id: string;
  @Integer() replicas: number;
  @OneOf(STATUSES) status: Status;
  @Text() message: string;
}

export class StoppedDeployment {
  @Id() id: string;
  @OneOf(STATUSES) status: Status;
  @Text() message: string;
}

export class StartedDeployment {
  @Id() id: string;
  @OneOf(STATUSES) status: Status;
  @Integer() replicas: number;
  @Text() message: string;
}

export class DeletedDeployment {
  @Text() message: string;
  @Id() deployment_id: string;
  @Text() app_name: string;
  @Flag() namespace_deleted: boolean;
}

export class StatusReplicas {
  @Integer() desired: number;
  @Integer() ready: number;
  @Integer() available: number;
}

export class DeploymentStatus {
  @OneOf(STATUSES) status: Status;
  @OneOf(['healthy', 'degraded', 'unhealthy', 'inactive', 'unknown']) health:
    'healthy' | 'degraded' | 'unhealthy' | 'inactive' | 'unknown';
  @Nested(() => StatusReplicas) replicas: StatusReplicas;
  @Time() @Optional() last_health_check: string | null;
  @Text() uptime: string;
  @Integer() restart_count: number;
  @Text() @Optional() reason: string | null;
  @Text() @Optional() message: string | null;
}
