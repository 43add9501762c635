import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The tables behind exactly-once: `inbox` holds an operation's outcome, `outbox` what has to be published. Every service lists it first
 * among its migrations.
 */
export class InboxAndOutbox1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table inbox (
        operation_id text primary key,
        subject text not null,
        message_id text not null,
        request_hash text,
        outcome text not null check (outcome in ('running', 'answered', 'refused', 'expired')),
        answer text,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`create index inbox_created_at on inbox (created_at)`);
    await runner.query(`
      create table outbox (
        id uuid primary key,
        position bigint generated always as identity,
        subject text not null,
        envelope json not null,
        payload json not null,
        created_at timestamptz not null default now(),
        sent_at timestamptz
      )`);
    await runner.query(`create index outbox_unsent on outbox (position) where sent_at is null`);
    await runner.query(`create index outbox_sent_at on outbox (sent_at) where sent_at is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table outbox`);
    await runner.query(`drop table inbox`);
  }
}

export const inboxAndOutbox = InboxAndOutbox1700000000000;
