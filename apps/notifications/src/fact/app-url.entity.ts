import type { AppId } from '@slipway/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where an App is reached, as its last change of phase told: other facts do not carry it, yet their webhooks name it. */
@Entity('app_url')
export class AppUrlEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'app_url_pk' }) appId: AppId;
  @Column('text') url: string;
}
