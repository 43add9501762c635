import { createHash, randomInt } from 'node:crypto';

import { API_KEY_RANDOM_CHARACTERS, apiKeyChecksum, apiKeyPrefixOf } from '@slipway/contracts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface ApiKey {
  readonly value: string;
  readonly digest: string;
  readonly prefix: string;
  /** Its last four characters, by which its owner tells it from others. */
  readonly hint: string;
}

/** A fresh API key: prefix, 32 random base62 characters, checksum. */
export function makeApiKey(prefix: string): ApiKey {
  const random = Array.from({ length: API_KEY_RANDOM_CHARACTERS }, () =>
    ALPHABET.charAt(randomInt(ALPHABET.length)),
  ).join('');
  return toApiKey(`${prefix}${random}${apiKeyChecksum(prefix + random)}`);
}

export function toApiKey(value: string): ApiKey {
  return { value, digest: digestOf(value), prefix: apiKeyPrefixOf(value), hint: value.slice(-4) };
}

/** Credentials are stored and looked up by the hexadecimal SHA-256 of their value. */
export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
