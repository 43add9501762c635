import { type AppId, type EnvironmentId, type Origin, Phase, type TeamId, type UserId } from '@slipway/contracts';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';

import { EnvironmentEntity } from '../environment/environment.entity.js';
import type { Act } from './app.js';

/** Rows that ask for a pass by themselves, whoever committed them. */
export const APP_BEHIND = `observed_generation < generation or phase = 'deleting' or reason = 'ClusterUnreachable'`;

/** Rows of a list that names no phase. All that a list asks of a row is in its indexes. */
const LISTED = `phase <> 'deleting'`;

@Entity({ name: 'app' })
@Unique('app_environment_name', ['environmentId', 'name'])
@Index('app_owner_name', ['ownerId', 'name'], { unique: true, where: `dedicated and phase <> 'deleting'` })
@Index('app_page', ['createdAt', 'id', 'phase', 'readyOnce'], { where: LISTED })
@Index('app_owner_page', ['ownerId', 'createdAt', 'id', 'phase', 'readyOnce'], { where: LISTED })
@Index('app_behind', ['id'], { where: APP_BEHIND })
export class AppEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: AppId;

  @Column({ name: 'environment_id', type: 'uuid' })
  environmentId: EnvironmentId;

  // Rows go in one transaction of this service, so a foreign key would only add locks.
  @ManyToOne(() => EnvironmentEntity, { createForeignKeyConstraints: false, nullable: false })
  @JoinColumn({ name: 'environment_id' })
  environment: Relation<EnvironmentEntity>;

  @Column({ type: 'boolean' })
  dedicated: boolean;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'owner_id', type: 'uuid' })
  ownerId: UserId;

  @Column({ type: 'jsonb' })
  teams: readonly { readonly id: TeamId; readonly name: string }[];

  @Column({ type: 'text' })
  origin: Origin;

  @Column({ type: 'jsonb' })
  extensions: object;

  @Column({ type: 'text' })
  description: string;

  @Column({ type: 'integer' })
  replicas: number;

  @Column({ type: 'boolean' })
  stopped: boolean;

  @Column({ type: 'text', nullable: true })
  host: string | null;

  /** Encrypted. */
  @Column({ name: 'registry_auth', type: 'text', nullable: true })
  registryAuth: string | null;

  @Column({ name: 'restarted_at', type: 'timestamptz', nullable: true })
  restartedAt: Date | null;

  @Column({ type: 'integer' })
  revision: number;

  @Column({ name: 'image_changes', type: 'integer' })
  imageChanges: number;

  @Column({ type: 'integer' })
  generation: number;

  @Column({ name: 'observed_generation', type: 'integer' })
  observedGeneration: number;

  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'changed_at', type: 'timestamptz' })
  changedAt: Date;

  @Column({ name: 'status_changed_at', type: 'timestamptz' })
  statusChangedAt: Date;

  @Column({ name: 'last_act', type: 'text', nullable: true })
  lastAct: Act | null;

  @Column({ name: 'served_since_start', type: 'boolean' })
  servedSinceStart: boolean;

  /** The Ingress was there with an endpoint behind it, once. */
  @Column({ type: 'boolean' })
  routable: boolean;

  @Column({ type: 'text' })
  phase: Phase;

  @Column({ type: 'text' })
  reason: string;

  @Column({ type: 'text' })
  message: string;

  @Column({ name: 'last_transition', type: 'timestamptz' })
  lastTransition: Date;

  @Column({ name: 'observed_at', type: 'timestamptz', nullable: true })
  observedAt: Date | null;

  @Column({ name: 'desired_replicas', type: 'integer' })
  desiredReplicas: number;

  @Column({ name: 'ready_replicas', type: 'integer' })
  readyReplicas: number;

  @Column({ name: 'updated_replicas', type: 'integer' })
  updatedReplicas: number;

  @Column({ name: 'available_replicas', type: 'integer' })
  availableReplicas: number;

  @Column({ type: 'integer' })
  restarts: number;

  @Column({ name: 'ready_once', type: 'boolean' })
  readyOnce: boolean;
}
