import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ResetTokens1795725000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table "reset_token" (
        "digest" text not null constraint "reset_token_pk" primary key,
        "userId" uuid not null,
        "createdAt" timestamptz not null,
        "expiresAt" timestamptz not null,
        "usedAt" timestamptz
      )`);
    await runner.query(`create index "reset_token_of_user" on "reset_token" ("userId", "createdAt")`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table "reset_token"');
  }
}
