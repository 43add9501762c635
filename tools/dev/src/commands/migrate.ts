// Brings the database to its state, then ends: schemas, roles, tables, the first user. Beside `provision`, before the services start.
import 'reflect-metadata';

import { API_KEY_PREFIX } from '@slipway/contracts';
import { createLogger, type KeyValue, loadConfig, Variable } from '@slipway/runtime';
import { IsEmail, IsNotEmpty, Matches } from 'class-validator';

import { migrateAll } from '../prepare.js';
import { runCommand } from './run-command.js';

const DEFAULT_API_KEY_PREFIX = 'ce_dev_';

export class MigrateConfig {
  @Variable('DATABASE_URL', {
    required: 'always',
    secret: true,
    description: 'PostgreSQL, as the owner of the database, who may make roles.',
  })
  @IsNotEmpty()
  databaseUrl: string;

  @Variable('DATABASE_PASSWORDS', {
    type: 'keyValueList',
    required: 'always',
    secret: true,
    description: 'Passwords of the roles that it makes, `<service>:<password>,…`.',
  })
  @IsNotEmpty()
  databasePasswords: readonly KeyValue[];

  @Variable('FIRST_USER_EMAIL', { description: 'The first user, an administrator; without it none is made.' })
  @IsEmail({ require_tld: false })
  firstUserEmail?: string;

  @Variable('FIRST_USER_PASSWORD', { secret: true, description: 'Its password, 8 to 256 characters.' })
  firstUserPassword?: string;

  @Variable('FIRST_USER_API_KEY', {
    secret: true,
    description: 'Its API key, whole: prefix, random characters, checksum.',
  })
  firstUserApiKey?: string;

  @Variable('API_KEY_PREFIX', { default: DEFAULT_API_KEY_PREFIX, description: 'What that key begins with.' })
  @Matches(API_KEY_PREFIX, { message: 'apiKeyPrefix must have 1 to 32 letters, digits and _' })
  apiKeyPrefix: string;
}

await runCommand(async () => {
  const config = loadConfig(MigrateConfig, process.env, { subject: 'migrate' });
  const { firstUserEmail: email, firstUserPassword: password, firstUserApiKey: apiKey, apiKeyPrefix } = config;
  const user = email && password && apiKey ? { email, password, apiKey, apiKeyPrefix } : undefined;
  const passwordOf = (service: string): string => {
    const found = config.databasePasswords.find(({ key }) => key === service);
    if (!found) throw new Error(`DATABASE_PASSWORDS has no password for ${service}`);
    return found.value;
  };
  await migrateAll(config.databaseUrl, passwordOf, user, createLogger());
});
