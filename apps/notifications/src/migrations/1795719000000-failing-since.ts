import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when an endpoint has done nothing but fail. */
export class FailingSince1795719000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table "subscription" add "failingSince" timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table "subscription" drop column "failingSince"`);
  }
}
