// Standard Webhooks 1.0, symmetric: HMAC-SHA256 of `<id>.<timestamp>.<body>` under the bytes of the secret.
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const SECRET_BYTES = 32;

export function generateSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** `whsec_<base64>` is decoded; any other text is used as its bytes. */
export function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  return encoded !== '' && BASE64.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.from(secret);
}

/**
 * What signs under a secret: made once for many signatures, which a KeyObject makes cheap. For bytes Node 24 finds out by an exception that
 * they are none, which costs six times the work itself.
 */
export function signingKey(secret: string): KeyObject {
  return createSecretKey(keyOf(secret));
}

/** The value of `webhook-signature`: one signature for each key, a receiver takes any. */
export function signatureOf(keys: readonly KeyObject[], id: string, timestamp: number, body: string): string {
  return keys
    .map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'))
    .map((signature) => `v1,${signature}`)
    .join(' ');
}
