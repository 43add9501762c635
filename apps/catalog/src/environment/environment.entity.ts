import { EnvironmentKind, type EnvironmentId, type UserId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

export const EnvironmentState = { active: 'active', deleting: 'deleting' } as const;
export type EnvironmentState = (typeof EnvironmentState)[keyof typeof EnvironmentState];

/** One Kubernetes namespace. Its names stay taken while it is deleting, until the cluster has removed the namespace. */
@Entity({ name: 'environment' })
@Unique('environment_name_key', ['name'])
@Unique('environment_namespace_key', ['namespace'])
@Index('environment_owner', ['ownerId'])
export class EnvironmentEntity {
  /** A dedicated Environment has its id from deployments, where its App was made. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'environment_pk' })
  id: EnvironmentId;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  namespace: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'text' })
  kind: EnvironmentKind;

  /** Null for an open one, and after the owner's account is gone. */
  @Column({ name: 'owner_id', type: 'uuid', nullable: true })
  ownerId: UserId | null;

  @Column({ type: 'text' })
  state: EnvironmentState;

  /** Moved by every accepted change; whoever keeps a copy drops what is older. */
  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
