import { randomInt } from 'node:crypto';

import { API_KEY_RANDOM_CHARACTERS, apiKeyChecksum } from '@slipway/contracts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A new API key, of the form that identity makes. */
export function firstUserKey(prefix: string): string {
  const random = Array.from({ length: API_KEY_RANDOM_CHARACTERS }, () =>
    ALPHABET.charAt(randomInt(ALPHABET.length)),
  ).join('');
  return `${prefix}${random}${apiKeyChecksum(prefix + random)}`;
}
