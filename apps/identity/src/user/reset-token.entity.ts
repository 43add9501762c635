import type { UserId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('reset_token')
@Index('reset_token_of_user', ['userId', 'createdAt'])
export class ResetTokenEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'reset_token_pk' }) digest: string;
  @Column('uuid') userId: UserId;
  @Column('timestamptz') createdAt: Date;
  /** Moved to the present by the next request, which voids this one. */
  @Column('timestamptz') expiresAt: Date;
  @Column('timestamptz', { nullable: true }) usedAt: Date | null;
}
