import type { UserId } from '@slipway/contracts';
import { Column, Entity, Generated, PrimaryColumn, Unique } from 'typeorm';

@Entity('user')
@Unique('user_number_unique', ['number'])
@Unique('user_email_key_unique', ['emailKey'])
@Unique('user_username_key_unique', ['usernameKey'])
export class UserEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'user_pk' }) id: UserId;
  /** From 1, never reused. */
  @Column('integer') @Generated('increment') number: number;
  @Column('text') email: string;
  /** Null once the account is deleted, so that the address is free again. */
  @Column('text', { nullable: true }) emailKey: string | null;
  @Column('text') username: string;
  @Column('text', { nullable: true }) usernameKey: string | null;
  @Column('text') passwordHash: string;
  @Column('text') state: 'active' | 'inactive' | 'deleted';
  @Column('boolean', { default: false }) admin: boolean;
  @Column('timestamptz', { nullable: true }) lastLoginAt: Date | null;
  @Column('timestamptz') createdAt: Date;
  @Column('timestamptz') updatedAt: Date;
}
