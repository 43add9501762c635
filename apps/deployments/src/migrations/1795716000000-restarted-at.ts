import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RestartedAt1795716000000 implements MigrationInterface {
  readonly name = 'RestartedAt1795716000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table app add column restarted_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table app drop column restarted_at`);
  }
}
