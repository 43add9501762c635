import type { CredentialId, CredentialKind, UserId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity('credential')
@Index('credential_of_user', ['userId', 'kind', 'createdAt'])
@Unique('credential_digest_unique', ['digest'])
export class CredentialEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'credential_pk' }) id: CredentialId;
  @Column('uuid') userId: UserId;
  @Column('text') kind: CredentialKind;
  /** SHA-256 of the value; null for a session, whose refresh tokens have their own rows. */
  @Column('text', { nullable: true }) digest: string | null;
  @Column('text', { default: '' }) name: string;
  @Column('text', { nullable: true }) description: string | null;
  @Column('text', { default: '' }) prefix: string;
  @Column('text', { default: '' }) hint: string;
  @Column('text', { default: 'full' }) scope: 'full' | 'read';
  @Column('timestamptz') createdAt: Date;
  /** Of a session: the family's end, however often it was refreshed. */
  @Column('timestamptz', { nullable: true }) expiresAt: Date | null;
  @Column('timestamptz', { nullable: true }) revokedAt: Date | null;
  @Column('timestamptz', { nullable: true }) lastUsedAt: Date | null;
}
