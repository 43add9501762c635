import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When the cluster last answered any replica of this service. One row. */
@Entity({ name: 'cluster_contact' })
export class ClusterContactEntity {
  @PrimaryColumn({ type: 'integer' })
  id: number;

  @Column({ name: 'seen_at', type: 'timestamptz' })
  seenAt: Date;
}
