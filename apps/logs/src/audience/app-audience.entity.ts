import type { AppId, EnvironmentId, TeamId, UserId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who sees an App, and where its pods run, as its events tell. */
@Entity({ name: 'app_audience' })
export class AppAudienceEntity {
  @PrimaryColumn({ name: 'app_id', type: 'uuid', primaryKeyConstraintName: 'app_audience_pk' })
  appId: AppId;

  @Column({ name: 'environment_id', type: 'uuid' })
  environmentId: EnvironmentId;

  @Column({ type: 'text' })
  namespace: string;

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
