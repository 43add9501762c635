import type { UserId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a user saved of clusters, and which contexts of it may be used. */
@Entity('kubeconfig')
export class KubeconfigEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'kubeconfig_pk' }) userId: UserId;
  /** Encrypted, as it was sent; null until one was saved. */
  @Column('text', { nullable: true }) text: string | null;
  /** Names, in the order of the text once there is one. */
  @Column('jsonb') allowed: string[];
}
