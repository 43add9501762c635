// Brings the database to its state, then ends: schemas, roles, tables, the first user. Beside `provision`, before the services start.
import 'reflect-metadata';

import { API_KEY_PREFIX, apiKeyPrefixOf, isApiKey } from '@slipway/contracts';
import { createLogger, type KeyValue, loadConfig, Variable } from '@slipway/runtime';
import { IsEmail, IsNotEmpty, IsOptional, ValidateBy } from 'class-validator';

import { migrateAll } from '../prepare.js';
import { runCommand } from './run-command.js';

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
  @IsOptional()
  @ValidateBy({
    name: 'apiKey',
    validator: {
      validate: (text: unknown) =>
        typeof text === 'string' && isApiKey(text) && API_KEY_PREFIX.test(apiKeyPrefixOf(text)),
      defaultMessage: () => 'must be an API key as compose-env makes it: another is refused wherever it is shown',
    },
  })
  firstUserApiKey?: string;
}

await runCommand(async () => {
  const config = loadConfig(MigrateConfig, process.env, { subject: 'migrate' });
  const { firstUserEmail: email, firstUserPassword: password, firstUserApiKey: apiKey } = config;
  const user = email && password && apiKey ? { email, password, apiKey } : undefined;
  const passwordOf = (service: string): string => {
    const found = config.databasePasswords.find(({ key }) => key === service);
    if (!found) throw new Error(`DATABASE_PASSWORDS has no password for ${service}`);
    return found.value;
  };
  await migrateAll(config.databaseUrl, passwordOf, user, createLogger());
});
