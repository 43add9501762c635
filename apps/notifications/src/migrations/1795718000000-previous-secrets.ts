import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For a day after a rotation the secret before signs as well. */
export class PreviousSecrets1795718000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table "subscription" add "previousSecret" text`);
    await runner.query(`alter table "subscription" add "previousSecretExpiresAt" timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table "subscription" drop column "previousSecretExpiresAt"`);
    await runner.query(`alter table "subscription" drop column "previousSecret"`);
  }
}
