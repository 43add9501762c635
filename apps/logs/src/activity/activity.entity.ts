import type { AppId, EnvironmentId, TeamId, UserId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * What happened, told once per event. Owner and teams are those of that moment: whoever comes later does not see what was before, and
 * an Environment of a name that was used before starts empty, since entries go by its id.
 */
@Entity({ name: 'activity' })
@Index('activity_environment', ['environmentId', 'time', 'id'])
@Index('activity_app', ['appId', 'time', 'id'])
@Index('activity_time', ['time', 'id'])
export class ActivityEntity {
  /** The event's id. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'activity_pk' })
  id: string;

  /** When it was written down: an event does not tell when it was made. */
  @Column({ type: 'timestamptz' })
  time: Date;

  /** The event's name without its version: `deployments.app.scaled`. */
  @Column({ type: 'text' })
  fact: string;

  @Column({ name: 'environment_id', type: 'uuid', nullable: true })
  environmentId: EnvironmentId | null;

  @Column({ type: 'text', nullable: true })
  environment: string | null;

  @Column({ name: 'app_id', type: 'uuid', nullable: true })
  appId: AppId | null;

  @Column({ type: 'text', nullable: true })
  app: string | null;

  @Column({ name: 'owner_id', type: 'uuid', nullable: true })
  ownerId: UserId | null;

  @Column({ name: 'team_ids', type: 'uuid', array: true })
  teamIds: TeamId[];

  @Column({ name: 'actor_id', type: 'uuid', nullable: true })
  actorId: UserId | null;

  @Column({ name: 'actor_name', type: 'text', nullable: true })
  actorName: string | null;

  /** A sentence for people. */
  @Column({ type: 'text' })
  message: string;
}
