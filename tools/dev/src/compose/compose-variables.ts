import { randomBytes } from 'node:crypto';

import { generateSealKeyPair, natsUserNames } from '@slipway/messaging';

import { firstUserKey } from '../first-user-key.js';
import { databaseServices, sealedServices } from '../services/service-list.js';

const API_KEY_PREFIX = 'ce_dev_';

/** A name as variables of `.env` begin with it: `helm-releases` is `HELM_RELEASES`. */
export function variable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** What docker-compose.yml asks for: its profile, and passwords and keys, new ones at every call. */
export function composeVariables(): [string, string][] {
  const databases = databaseServices.map(({ service }) => variable(service.name));
  const seals = sealedServices.map(({ name }) => ({ name, ...generateSealKeyPair() }));
  return [
    // With the embedded cluster, unless the environment names another profile.
    ['COMPOSE_PROFILES', 'embedded'],
    ['POSTGRES_PASSWORD', password()],
    ...databases.map((name): [string, string] => [`${name}_DATABASE_PASSWORD`, password()]),
    ...databases.map((name): [string, string] => [
      `${name}_ENCRYPTION_KEYS`,
      `1:${randomBytes(32).toString('base64')}`,
    ]),
    ...natsUserNames.map((name): [string, string] => [`${variable(name)}_NATS_PASSWORD`, password()]),
    ['SEAL_PUBLIC_KEYS', seals.map(({ name, publicKey }) => `${name}:${publicKey}`).join(',')],
    ...seals.map(({ name, privateKey }): [string, string] => [`${variable(name)}_SEAL_PRIVATE_KEY`, privateKey]),
    ['JWT_SECRET', password()],
    ['REQUEST_HASH_SECRET', password()],
    ['FIRST_USER_EMAIL', 'admin@slipway.local'],
    ['FIRST_USER_PASSWORD', randomBytes(15).toString('base64url')],
    ['FIRST_USER_API_KEY', firstUserKey(API_KEY_PREFIX)],
  ];
}

// It begins with a letter, because nats-server reads a variable that looks like a number as one.
function password(): string {
  return `p${randomBytes(18).toString('hex')}`;
}
