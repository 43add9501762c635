import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * An App that is gone. Events may arrive out of order: without this mark, one that was made before the end
 * but comes after it would bring the row back, with nobody left to remove it.
 */
@Entity({ name: 'tombstone' })
@Index('tombstone_buried_at', ['buriedAt'])
export class TombstoneEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'tombstone_pk' })
  id: string;

  @Column({ name: 'buried_at', type: 'timestamptz' })
  buriedAt: Date;
}
