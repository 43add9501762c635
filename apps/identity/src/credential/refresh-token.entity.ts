import type { CredentialId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('refresh_token')
export class RefreshTokenEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'refresh_token_pk' }) digest: string;
  @Index('refresh_token_of_session')
  @Column('uuid')
  sessionId: CredentialId;
  @Column('timestamptz') expiresAt: Date;
  /** Set when it was exchanged for a successor. */
  @Column('timestamptz', { nullable: true }) spentAt: Date | null;
}
