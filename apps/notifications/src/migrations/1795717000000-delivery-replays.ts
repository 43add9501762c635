import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An event is told to an endpoint once, and again whenever that delivery is replayed. */
export class DeliveryReplays1795717000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table "delivery" add "replayOf" uuid`);
    await runner.query(`alter table "delivery" drop constraint "delivery_event_unique"`);
    await runner.query(
      `create unique index "delivery_event_unique" on "delivery" ("endpointId", "eventId") where "replayOf" is null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from "delivery" where "replayOf" is not null`);
    await runner.query(`drop index "delivery_event_unique"`);
    await runner.query(
      `alter table "delivery" add constraint "delivery_event_unique" unique ("endpointId", "eventId")`,
    );
    await runner.query(`alter table "delivery" drop column "replayOf"`);
  }
}
