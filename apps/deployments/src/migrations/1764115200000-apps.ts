import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Apps1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table environment (
        id uuid primary key,
        name text not null,
        namespace text not null,
        kind text not null,
        owner_id uuid,
        version integer not null,
        constraint "UQ_environment_namespace" unique (namespace)
      )`);
    await runner.query(`
      create table app (
        id uuid primary key,
        environment_id uuid not null,
        dedicated boolean not null,
        name text not null,
        owner_id uuid not null,
        teams jsonb not null,
        origin text not null,
        extensions jsonb not null,
        description text not null,
        replicas integer not null,
        stopped boolean not null,
        host text,
        registry_auth text,
        revision integer not null,
        image_changes integer not null,
        generation integer not null,
        observed_generation integer not null,
        version integer not null,
        created_at timestamptz not null,
        changed_at timestamptz not null,
        status_changed_at timestamptz not null,
        last_act text,
        served_since_start boolean not null,
        routable boolean not null,
        phase text not null,
        reason text not null,
        message text not null,
        last_transition timestamptz not null,
        observed_at timestamptz,
        desired_replicas integer not null,
        ready_replicas integer not null,
        updated_replicas integer not null,
        available_replicas integer not null,
        restarts integer not null,
        ready_once boolean not null,
        constraint app_environment_name unique (environment_id, name)
      )`);
    await runner.query(
      `create unique index app_owner_name on app (owner_id, name) where dedicated and phase <> 'deleting'`,
    );
    await runner.query(`create index app_created_at on app (created_at, id)`);
    await runner.query(`
      create index app_behind on app (id)
        where observed_generation < generation or phase = 'deleting' or reason = 'ClusterUnreachable'`);
    await runner.query(`
      create table revision (
        app_id uuid not null,
        number integer not null,
        cause text not null,
        created_by uuid,
        created_at timestamptz not null,
        ready_at timestamptz,
        containers text not null,
        traceparent text,
        primary key (app_id, number)
      )`);
    await runner.query(`create table host (host text primary key, app_id uuid not null)`);
    await runner.query(`create index host_app on host (app_id)`);
    await runner.query(`
      create table workload (
        environment_id uuid not null,
        name text not null,
        app_id uuid not null,
        constraint workload_name primary key (environment_id, name)
      )`);
    await runner.query(`create index workload_app on workload (app_id)`);
    await runner.query(`create table cluster_contact (id integer primary key, seen_at timestamptz not null)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['cluster_contact', 'workload', 'host', 'revision', 'app', 'environment']) {
      await runner.query(`drop table ${table}`);
    }
  }
}
