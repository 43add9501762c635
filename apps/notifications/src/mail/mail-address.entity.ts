import type { UserId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('mail_address')
export class MailAddressEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'mail_address_pk' }) userId: UserId;
  @Column('text') address: string;
  /** When its owner changed to it; null while it is known from a credential alone. */
  @Column('timestamptz', { nullable: true }) changedAt: Date | null;
}
