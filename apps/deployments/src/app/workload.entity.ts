import type { AppId, EnvironmentId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The names that Apps give to workloads of one namespace. */
@Entity({ name: 'workload' })
export class WorkloadEntity {
  @PrimaryColumn({ name: 'environment_id', type: 'uuid', primaryKeyConstraintName: 'workload_name' })
  environmentId: EnvironmentId;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'workload_name' })
  name: string;

  @Index('workload_app')
  @Column({ name: 'app_id', type: 'uuid' })
  appId: AppId;
}
