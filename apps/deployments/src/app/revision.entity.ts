import type { AppId, RevisionCause, UserId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Immutable desired state of an App, but for the moment when it was first fully ready. */
@Entity({ name: 'revision' })
export class RevisionEntity {
  @PrimaryColumn({ name: 'app_id', type: 'uuid' })
  appId: AppId;

  @PrimaryColumn({ type: 'integer' })
  number: number;

  @Column({ type: 'text' })
  cause: RevisionCause;

  @Column({ name: 'created_by', type: 'uuid', nullable: true })
  createdBy: UserId | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'ready_at', type: 'timestamptz', nullable: true })
  readyAt: Date | null;

  /** Encrypted JSON of the containers: variables are secrets, and arguments often hold some. */
  @Column({ type: 'text' })
  containers: string;

  /** Of the command that made it; the pass that applies it is linked to it. */
  @Column({ type: 'text', nullable: true })
  traceparent: string | null;
}
