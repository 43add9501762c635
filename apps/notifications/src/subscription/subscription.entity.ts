import type { SubscriptionId, UserId, WebhookType } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity('subscription')
@Unique('subscription_name_unique', ['userId', 'name'])
export class SubscriptionEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'subscription_pk' }) id: SubscriptionId;
  @Column('uuid') userId: UserId;
  @Column('text') name: string;
  @Column('text') url: string;
  /** Encrypted. */
  @Column('text') secret: string;
  /** Encrypted; signs as well until it expires. */
  @Column('text', { nullable: true }) previousSecret: string | null;
  @Column('timestamptz', { nullable: true }) previousSecretExpiresAt: Date | null;
  @Column('text', { array: true }) types: WebhookType[];
  @Column('boolean') active: boolean;
  @Column('text', { nullable: true }) disabledReason: string | null;
  /** The first failed attempt after the last that succeeded. */
  @Column('timestamptz', { nullable: true }) failingSince: Date | null;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') updatedAt: Date;
}
