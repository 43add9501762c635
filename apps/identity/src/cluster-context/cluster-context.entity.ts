import type { UserId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One context of a user's kubeconfig, as the text names it. */
@Entity('cluster_context')
export class ClusterContextEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'cluster_context_pk' }) userId: UserId;
  /** From 0, in the order of the text. */
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'cluster_context_pk' }) position: number;
  @Column('text') name: string;
  @Column('text') server: string;
  @Column('text') cluster: string;
  @Column('text') user: string;
}
