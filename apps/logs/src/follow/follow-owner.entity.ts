import type { AppId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Positions } from './positions.js';

/** The one replica that follows an App's containers, until it stops saying so. */
@Entity({ name: 'follow_owner' })
export class FollowOwnerEntity {
  @PrimaryColumn({ name: 'app_id', type: 'uuid', primaryKeyConstraintName: 'follow_owner_pk' })
  appId: AppId;

  @Column({ name: 'replica_id', type: 'uuid' })
  replicaId: string;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  /** How far it has published, for the next owner. Null until it knows where every container stood when it began. */
  @Column({ type: 'jsonb', nullable: true })
  positions: Positions | null;
}
