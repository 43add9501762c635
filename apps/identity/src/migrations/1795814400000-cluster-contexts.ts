import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ClusterContexts1795814400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table "kubeconfig" (
        "userId" uuid not null constraint "kubeconfig_pk" primary key,
        "text" text,
        "allowed" jsonb not null
      )`);
    await runner.query(`
      create table "cluster_context" (
        "userId" uuid not null,
        "position" integer not null,
        "name" text not null,
        "server" text not null,
        "cluster" text not null,
        "user" text not null,
        constraint "cluster_context_pk" primary key ("userId", "position")
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table "cluster_context"');
    await runner.query('drop table "kubeconfig"');
  }
}
