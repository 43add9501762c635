import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Failed logins of one e-mail address, or of one e-mail address from one client address. */
@Entity('login_failures')
export class LoginFailuresEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'login_failures_pk' }) key: string;
  @Column('integer') count: number;
  @Column('timestamptz') lastAt: Date;
}
