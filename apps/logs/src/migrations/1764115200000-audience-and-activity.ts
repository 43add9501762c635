import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AudienceAndActivity1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table app_audience (
        app_id uuid not null constraint app_audience_pk primary key,
        environment_id uuid not null,
        namespace text not null,
        name text not null,
        owner_id uuid not null,
        team_ids uuid[] not null,
        version integer not null
      )`);
    await runner.query(`
      create table tombstone (
        id uuid not null constraint tombstone_pk primary key,
        buried_at timestamptz not null
      )`);
    await runner.query(`create index tombstone_buried_at on tombstone (buried_at)`);
    await runner.query(`
      create table activity (
        id uuid not null constraint activity_pk primary key,
        "time" timestamptz not null,
        fact text not null,
        environment_id uuid,
        environment text,
        app_id uuid,
        app text,
        owner_id uuid,
        team_ids uuid[] not null,
        actor_id uuid,
        actor_name text,
        message text not null
      )`);
    await runner.query(`create index activity_environment on activity (environment_id, "time", id)`);
    await runner.query(`create index activity_app on activity (app_id, "time", id)`);
    await runner.query(`create index activity_time on activity ("time", id)`);
    await runner.query(`
      create table follow_lease (
        id uuid not null,
        app_id uuid not null,
        expires_at timestamptz not null,
        constraint follow_lease_pk primary key (id, app_id)
      )`);
    await runner.query(`create index follow_lease_app on follow_lease (app_id, expires_at)`);
    await runner.query(`
      create table follow_owner (
        app_id uuid not null constraint follow_owner_pk primary key,
        replica_id uuid not null,
        expires_at timestamptz not null,
        positions jsonb
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table follow_owner`);
    await runner.query(`drop table follow_lease`);
    await runner.query(`drop table activity`);
    await runner.query(`drop table tombstone`);
    await runner.query(`drop table app_audience`);
  }
}
