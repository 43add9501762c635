import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where a user's mails go. Of owners of webhooks made before it becomes known when they change one, or their address. */
export class MailAddresses1795727000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table "mail_address" (
        "userId" uuid not null constraint "mail_address_pk" primary key,
        "address" text not null,
        "changedAt" timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table "mail_address"');
  }
}
