// The last six characters of an API key tell whether the rest was typed or copied right, so that a wrong one costs no look-up.
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;
const RANDOM_LENGTH = 32;

export function hasKeyChecksum(value: string): boolean {
  const body = value.slice(0, -CHECKSUM_LENGTH);
  return body.length >= RANDOM_LENGTH && value.length <= 256 && checksumOf(body) === value.slice(-CHECKSUM_LENGTH);
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    checksum = (ALPHABET[rest % ALPHABET.length] ?? '') + checksum;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return checksum;
}
