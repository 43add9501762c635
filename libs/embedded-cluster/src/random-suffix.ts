import { randomInt } from 'node:crypto';

const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** Five characters as the real server appends them to generateName. */
export function randomSuffix(): string {
  return Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
}
