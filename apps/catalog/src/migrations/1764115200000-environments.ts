import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Environments1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table environment (
        id uuid not null constraint environment_pk primary key,
        name text not null constraint environment_name_key unique,
        namespace text not null constraint environment_namespace_key unique,
        description text not null default '',
        kind text not null,
        owner_id uuid,
        state text not null,
        version integer not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      )`);
    await runner.query(`create index environment_owner on environment (owner_id)`);
    await runner.query(`
      create table app_audience (
        app_id uuid not null constraint app_audience_pk primary key,
        environment_id uuid not null,
        name text not null,
        owner_id uuid not null,
        team_ids uuid[] not null,
        version integer not null
      )`);
    await runner.query(`create index app_audience_environment on app_audience (environment_id)`);
    await runner.query(`
      create table tombstone (
        id uuid not null constraint tombstone_pk primary key,
        buried_at timestamptz not null
      )`);
    await runner.query(`create index tombstone_buried_at on tombstone (buried_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table tombstone`);
    await runner.query(`drop table app_audience`);
    await runner.query(`drop table environment`);
  }
}
