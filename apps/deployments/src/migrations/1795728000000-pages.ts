import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Pages1795728000000 implements MigrationInterface {
  readonly name = 'Pages1795728000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index app_created_at`);
    await runner.query(`
      create index app_page on app (created_at, id, phase, ready_once) where phase <> 'deleting'`);
    await runner.query(`
      create index app_owner_page on app (owner_id, created_at, id, phase, ready_once) where phase <> 'deleting'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index app_owner_page`);
    await runner.query(`drop index app_page`);
    await runner.query(`create index app_created_at on app (created_at, id)`);
  }
}
