import type { AppId, EnvironmentId, TeamId, UserId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Who sees an App, as its events tell: what decides who sees the Environment that it is in. */
@Entity({ name: 'app_audience' })
@Index('app_audience_environment', ['environmentId'])
export class AppAudienceEntity {
  @PrimaryColumn({ name: 'app_id', type: 'uuid', primaryKeyConstraintName: 'app_audience_pk' })
  appId: AppId;

  @Column({ name: 'environment_id', type: 'uuid' })
  environmentId: EnvironmentId;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'owner_id', type: 'uuid' })
  ownerId: UserId;

  @Column({ name: 'team_ids', type: 'uuid', array: true })
  teamIds: TeamId[];

  /** The App's version in the last event that was taken in. */
  @Column({ type: 'integer' })
  version: number;
}
