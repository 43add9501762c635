import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Mail1795724000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table "mail" (
        "id" uuid not null constraint "mail_pk" primary key,
        "to" text not null,
        "template" text not null,
        "fields" text,
        "attempts" integer not null,
        "nextAttemptAt" timestamptz,
        "expiresAt" timestamptz,
        "createdAt" timestamptz not null,
        "sentAt" timestamptz,
        "lastError" text
      )`);
    await runner.query(`create index "mail_due" on "mail" ("nextAttemptAt") where "nextAttemptAt" is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table "mail"');
  }
}
