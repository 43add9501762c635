import type { EnvironmentId, EnvironmentKind, UserId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An Environment as this service needs it: made here when it is dedicated, else a copy of catalog's, the newest version seen. */
@Entity({ name: 'environment' })
export class EnvironmentEntity {
  @PrimaryColumn({ type: 'uuid' })
  id: EnvironmentId;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', unique: true })
  namespace: string;

  @Column({ type: 'text' })
  kind: EnvironmentKind;

  @Column({ name: 'owner_id', type: 'uuid', nullable: true })
  ownerId: UserId | null;

  @Column({ type: 'integer' })
  version: number;
}
