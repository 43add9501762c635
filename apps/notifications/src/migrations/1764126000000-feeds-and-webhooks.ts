import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FeedsAndWebhooks1764126000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table "feed" (
        "userId" uuid not null constraint "feed_pk" primary key,
        "lastId" bigint not null
      )`);
    await runner.query(`
      create table "feed_entry" (
        "userId" uuid not null,
        "id" bigint not null,
        "eventId" uuid not null,
        "fact" text not null,
        "appId" uuid not null,
        "appName" text not null,
        "time" timestamptz not null,
        "fields" jsonb not null,
        constraint "feed_entry_pk" primary key ("userId", "id"),
        constraint "feed_entry_event_unique" unique ("userId", "eventId")
      )`);
    await runner.query(`create index "feed_entry_time" on "feed_entry" ("time")`);
    await runner.query(`
      create table "app_url" (
        "appId" uuid not null constraint "app_url_pk" primary key,
        "url" text not null
      )`);
    await runner.query(`
      create table "subscription" (
        "id" uuid not null constraint "subscription_pk" primary key,
        "userId" uuid not null,
        "name" text not null,
        "url" text not null,
        "secret" text not null,
        "types" text[] not null,
        "active" boolean not null,
        "disabledReason" text,
        "createdAt" timestamptz not null,
        "updatedAt" timestamptz not null,
        constraint "subscription_name_unique" unique ("userId", "name")
      )`);
    await runner.query(`
      create table "delivery" (
        "id" uuid not null constraint "delivery_pk" primary key,
        "endpointId" uuid not null,
        "ownerId" uuid not null,
        "eventId" uuid not null,
        "type" text not null,
        "appId" uuid not null,
        "body" text not null,
        "status" text not null,
        "attempts" integer not null,
        "attemptLog" jsonb not null,
        "lastStatusCode" integer,
        "lastError" text,
        "nextAttemptAt" timestamptz,
        "createdAt" timestamptz not null,
        "deliveredAt" timestamptz,
        constraint "delivery_event_unique" unique ("endpointId", "eventId")
      )`);
    await runner.query(
      `create index "delivery_due" on "delivery" ("endpointId", "nextAttemptAt") where "nextAttemptAt" is not null`,
    );
    await runner.query(`create index "delivery_of_endpoint" on "delivery" ("endpointId", "createdAt", "id")`);
    await runner.query(`create index "delivery_created" on "delivery" ("createdAt")`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['delivery', 'subscription', 'app_url', 'feed_entry', 'feed']) {
      await runner.query(`drop table "${table}"`);
    }
  }
}
