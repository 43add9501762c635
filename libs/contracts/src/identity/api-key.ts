import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Random characters of an API key, between its prefix and its checksum. */
export const API_KEY_RANDOM_CHARACTERS = 32;
const CHECKSUM_CHARACTERS = 6;

/** What an operator may let new API keys begin with: one word, which a double click selects together with the rest. */
export const API_KEY_PREFIX = /^[A-Za-z0-9_]{1,32}$/;

/**
 * The last six characters of an API key: the CRC-32 (IEEE) of all that precedes, in base 62 (`0-9A-Za-z`), zero-padded.
 * A mistyped or cut key is then refused without a look-up, and scanners can tell a key from chance.
 */
export function apiKeyChecksum(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  for (let position = 0; position < CHECKSUM_CHARACTERS; position++) {
    checksum = ALPHABET.charAt(rest % 62) + checksum;
    rest = Math.floor(rest / 62);
  }
  return checksum;
}

/** What stands before an API key's random characters and its checksum. */
export function apiKeyPrefixOf(key: string): string {
  return key.slice(0, -(API_KEY_RANDOM_CHARACTERS + CHECKSUM_CHARACTERS));
}

/** Whether a text ends in the checksum of an API key. Says nothing about its prefix, which keys outlive. */
export function isApiKey(text: string): boolean {
  const end = text.length - CHECKSUM_CHARACTERS;
  return end >= API_KEY_RANDOM_CHARACTERS && apiKeyChecksum(text.slice(0, end)) === text.slice(end);
}
