import type { AppId, UserId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity('feed_entry')
@Unique('feed_entry_event_unique', ['userId', 'eventId'])
@Index('feed_entry_time', ['time'])
export class FeedEntryEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'feed_entry_pk' }) userId: UserId;
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'feed_entry_pk' }) id: string;
  @Column('uuid') eventId: string;
  @Column('text') fact: string;
  @Column('uuid') appId: AppId;
  @Column('text') appName: string;
  @Column('timestamptz') time: Date;
  @Column('jsonb') fields: object;
}
