import type { AppId, DomainId, DomainState } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** Hosts of users' own, proven or not; those that are proven have a row of `host` too. */
@Entity({ name: 'domain' })
@Unique('domain_app_host', ['appId', 'host'])
@Index('domain_host', ['host'])
@Index('domain_due', ['nextCheckAt'], { where: 'next_check_at is not null' })
export class DomainEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: DomainId;

  @Column({ name: 'app_id', type: 'uuid' })
  appId: AppId;

  @Column({ type: 'text' })
  host: string;

  @Column({ type: 'text' })
  state: DomainState;

  @Column({ type: 'text' })
  token: string;

  @Column({ type: 'text' })
  reason: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When looking for the proof began: with its making, or with the `verify` that followed a failure. */
  @Column({ name: 'checked_since', type: 'timestamptz' })
  checkedSince: Date;

  @Column({ name: 'verified_at', type: 'timestamptz', nullable: true })
  verifiedAt: Date | null;

  /** Null when nothing is to be looked for any more. */
  @Column({ name: 'next_check_at', type: 'timestamptz', nullable: true })
  nextCheckAt: Date | null;
}
