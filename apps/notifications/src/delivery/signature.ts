// Standard Webhooks 1.0, symmetric: HMAC-SHA256 of `<id>.<timestamp>.<body>` under the bytes of the secret.
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';

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

/** The value of `webhook-signature`: one signature for each secret, a receiver takes any. */
export function signatureOf(secrets: readonly string[], id: string, timestamp: number, body: string): string {
  return (
    secrets
      // A KeyObject: for bytes Node 24 finds out by an exception that they are none, which costs six times the work itself.
      .map((secret) =>
        createHmac('sha256', createSecretKey(keyOf(secret)))
          .update(`${id}.${timestamp}.${body}`)
          .digest('base64'),
      )
      .map((signature) => `v1,${signature}`)
      .join(' ')
  );
}
