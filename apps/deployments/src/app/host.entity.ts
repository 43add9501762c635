import type { AppId } from '@slipway/contracts';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Every public host that is taken, and by which App. */
@Entity({ name: 'host' })
export class HostEntity {
  @PrimaryColumn({ type: 'text' })
  host: string;

  @Index('host_app')
  @Column({ name: 'app_id', type: 'uuid' })
  appId: AppId;
}
