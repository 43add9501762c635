import type { MigrationInterface, QueryRunner } from 'typeorm';

export class UsersAndCredentials1764122400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table "user" (
        "id" uuid not null constraint "user_pk" primary key,
        "number" serial not null constraint "user_number_unique" unique,
        "email" text not null,
        "emailKey" text constraint "user_email_key_unique" unique,
        "username" text not null,
        "usernameKey" text constraint "user_username_key_unique" unique,
        "passwordHash" text not null,
        "state" text not null,
        "admin" boolean not null default false,
        "lastLoginAt" timestamptz,
        "createdAt" timestamptz not null,
        "updatedAt" timestamptz not null
      )`);
    await runner.query(`
      create table "credential" (
        "id" uuid not null constraint "credential_pk" primary key,
        "userId" uuid not null,
        "kind" text not null,
        "digest" text constraint "credential_digest_unique" unique,
        "name" text not null default '',
        "description" text,
        "prefix" text not null default '',
        "hint" text not null default '',
        "scope" text not null default 'full',
        "createdAt" timestamptz not null,
        "expiresAt" timestamptz,
        "revokedAt" timestamptz,
        "lastUsedAt" timestamptz
      )`);
    await runner.query(`create index "credential_of_user" on "credential" ("userId", "kind", "createdAt")`);
    await runner.query(`
      create table "refresh_token" (
        "digest" text not null constraint "refresh_token_pk" primary key,
        "sessionId" uuid not null,
        "expiresAt" timestamptz not null,
        "spentAt" timestamptz
      )`);
    await runner.query(`create index "refresh_token_of_session" on "refresh_token" ("sessionId")`);
    await runner.query(`
      create table "login_failures" (
        "key" text not null constraint "login_failures_pk" primary key,
        "count" integer not null,
        "lastAt" timestamptz not null
      )`);
    await runner.query(`
      create table "signing_key" (
        "kid" text not null constraint "signing_key_pk" primary key,
        "publicKey" text not null,
        "wrappedPrivateKey" text not null,
        "createdAt" timestamptz not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['signing_key', 'login_failures', 'refresh_token', 'credential', 'user']) {
      await runner.query(`drop table "${table}"`);
    }
  }
}
