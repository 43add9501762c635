import type { AppId, DeliveryId, SubscriptionId, UserId, WebhookType } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export interface LoggedAttempt {
  readonly at: string;
  readonly durationMs: number;
  readonly statusCode: number | null;
  readonly error: string | null;
}

@Entity('delivery')
@Index('delivery_event_unique', ['endpointId', 'eventId'], { unique: true, where: '"replayOf" is null' })
@Index('delivery_due', ['endpointId', 'nextAttemptAt'], { where: '"nextAttemptAt" is not null' })
@Index('delivery_of_endpoint', ['endpointId', 'createdAt', 'id'])
@Index('delivery_created', ['createdAt'])
export class DeliveryEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'delivery_pk' }) id: DeliveryId;
  /** A subscription, or the nil UUID for WEBHOOK_URL. */
  @Column('uuid') endpointId: SubscriptionId;
  /** Whose endpoint it is: that user's, or the nil UUID for the operator's. */
  @Column('uuid') ownerId: UserId;
  /** The `webhook-id`. */
  @Column('uuid') eventId: string;
  /** The delivery that this one repeats. */
  @Column('uuid', { nullable: true }) replayOf: DeliveryId | null;
  @Column('text') type: WebhookType;
  @Column('uuid') appId: AppId;
  /** What is sent, byte for byte. */
  @Column('text') body: string;
  @Column('text') status: 'pending' | 'delivered' | 'failed';
  /** Those that have ended. */
  @Column('integer') attempts: number;
  @Column('jsonb') attemptLog: LoggedAttempt[];
  @Column('integer', { nullable: true }) lastStatusCode: number | null;
  @Column('text', { nullable: true }) lastError: string | null;
  /** Null once it is over. While an attempt runs, when it counts as lost. */
  @Column('timestamptz', { nullable: true }) nextAttemptAt: Date | null;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz', { nullable: true }) deliveredAt: Date | null;
}
