import { createHash, randomBytes } from 'node:crypto';

const RANDOM_BYTES = 32;

/** A value that only its holder knows, and the digest by which the core does. */
export interface OpaqueToken {
  readonly value: string;
  readonly digest: string;
}

/** 43 base64url characters. */
export function newOpaqueToken(): OpaqueToken {
  const value = randomBytes(RANDOM_BYTES).toString('base64url');
  return { value, digest: digestOf(value) };
}

/** The hexadecimal SHA-256. */
export function digestOf(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
