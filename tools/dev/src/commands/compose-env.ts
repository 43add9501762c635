// Prints what docker-compose.yml asks for: passwords and keys, new ones at every run.
import { randomBytes } from 'node:crypto';

import { generateSealKeyPair, natsUserNames } from '@slipway/messaging';

import { firstUserKey } from '../first-user-key.js';
import { variable } from '../compose/compose-variable.js';
import { databaseServices, services } from '../services/service-list.js';

// It begins with a letter, because nats-server reads a variable that looks like a number as one.
const password = (): string => `p${randomBytes(18).toString('hex')}`;
const seals = services.map(({ name }) => ({ name, ...generateSealKeyPair() }));

const values: [string, string][] = [
  ['POSTGRES_PASSWORD', password()],
  ...databaseServices.map(({ service: { name } }): [string, string] => [
    `${variable(name)}_DATABASE_PASSWORD`,
    password(),
  ]),
  ...databaseServices.map(({ service: { name } }): [string, string] => [
    `${variable(name)}_ENCRYPTION_KEYS`,
    `1:${randomBytes(32).toString('base64')}`,
  ]),
  ...natsUserNames.map((name): [string, string] => [`${variable(name)}_NATS_PASSWORD`, password()]),
  ['SEAL_PUBLIC_KEYS', seals.map(({ name, publicKey }) => `${name}:${publicKey}`).join(',')],
  ...seals.map(({ name, privateKey }): [string, string] => [`${variable(name)}_SEAL_PRIVATE_KEY`, privateKey]),
  ['JWT_SECRET', password()],
  ['REQUEST_HASH_SECRET', password()],
  ['FIRST_USER_EMAIL', 'admin@slipway.local'],
  ['FIRST_USER_PASSWORD', randomBytes(15).toString('base64url')],
  ['FIRST_USER_API_KEY', firstUserKey('ce_dev_')],
];

process.stdout.write(values.map(([name, value]) => `${name}=${value}\n`).join(''));
