import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Domains1795718000000 implements MigrationInterface {
  readonly name = 'Domains1795718000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table domain (
        id uuid primary key,
        app_id uuid not null,
        host text not null,
        state text not null,
        token text not null,
        reason text not null,
        created_at timestamptz not null,
        checked_since timestamptz not null,
        verified_at timestamptz,
        next_check_at timestamptz,
        constraint domain_app_host unique (app_id, host)
      )`);
    await runner.query(`create index domain_host on domain (host)`);
    await runner.query(`create index domain_due on domain (next_check_at) where next_check_at is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table domain`);
  }
}
