import type { AppId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A reader that wants an App's lines, until it stops renewing. */
@Entity({ name: 'follow_lease' })
@Index('follow_lease_app', ['appId', 'expiresAt'])
export class FollowLeaseEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'follow_lease_pk' })
  id: string;

  /** Part of the key: an id that somebody guesses moves no lease to another App. */
  @PrimaryColumn({ name: 'app_id', type: 'uuid', primaryKeyConstraintName: 'follow_lease_pk' })
  appId: AppId;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
