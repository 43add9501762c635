import type { MailTemplate } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('mail')
@Index('mail_due', ['nextAttemptAt'], { where: '"nextAttemptAt" is not null' })
export class MailEntity {
  /** The operation's id, and so the same Message-ID in every attempt. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'mail_pk' }) id: string;
  @Column('text') to: string;
  @Column('text') template: MailTemplate;
  /** Encrypted JSON; null once the mail is over, since nobody needs a token then. */
  @Column('text', { nullable: true }) fields: string | null;
  /** Those that have ended. */
  @Column('integer') attempts: number;
  /** Null once it is over. While an attempt runs, when it counts as lost. */
  @Column('timestamptz', { nullable: true }) nextAttemptAt: Date | null;
  @Column('timestamptz', { nullable: true }) expiresAt: Date | null;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz', { nullable: true }) sentAt: Date | null;
  @Column('text', { nullable: true }) lastError: string | null;
}
