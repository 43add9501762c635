import type { UserId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * One user's feed. Its row is locked from the moment an id is taken to the commit, so ids become visible in their order: a sequence would
 * let a later id be seen first, and whoever continued from it would never see the earlier one.
 */
@Entity('feed')
export class FeedEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'feed_pk' }) userId: UserId;
  /** From 1, without holes; it outlives the entry. */
  @Column('bigint') lastId: string;
}
