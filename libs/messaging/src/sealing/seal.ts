// Fields marked @Sealed() travel encrypted for the receiving service: ephemeral-static X25519, HKDF-SHA-256, AES-256-GCM. The subject and
// the field's path are associated data, so a value that was moved to another field or message does not open.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  diffieHellman,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

import { fieldsOf, type Class } from '@slipway/contracts';

import { ephemeralPair, publicKeyFromBytes, type PrivateSealKey, type PublicSealKey } from './seal-keys.js';

const PREFIX = 'sealed:v1:';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class SealError extends Error {
  override readonly name = 'SealError';
}

/** A copy of `input` whose sealed fields, however deep, are `sealed:v1:<key id>.<ephemeral key>.<nonce>.<ciphertext and tag>`. */
export function sealFor<T extends object>(key: PublicSealKey, subject: string, target: Class<T>, input: T): object {
  const ephemeral = ephemeralPair();
  const secret = secretOf(ephemeral.privateKey, key.key, ephemeral.publicBytes, key.bytes);
  const epk = ephemeral.publicBytes.toString('base64url');
  return mapSealed(target, input, '', (value, path) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(associated(subject, path));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${key.id}.${epk}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
  });
}

/**
 * The reverse of `sealFor`. A sealed field that came in clear is refused too: then the sender leaks.
 * @throws SealError naming the field, never its value
 */
export function unseal(keys: readonly PrivateSealKey[], subject: string, target: Class<object>, plain: object): object {
  const secrets = new Map<string, KeyObject>();
  return mapSealed(target, plain, '', (value, path) => {
    const parts = typeof value === 'string' && value.startsWith(PREFIX) ? value.slice(PREFIX.length).split('.') : [];
    const [id, epk, nonce, sealed] = parts;
    if (!id || !epk || !nonce || !sealed || parts.length !== 4) throw new SealError(`${path} is not sealed`);
    const key = keys.find((candidate) => candidate.id === id);
    if (!key) throw new SealError(`${path} is sealed for the key ${id}, which this service does not have`);
    try {
      let secret = secrets.get(`${id}.${epk}`);
      if (!secret) {
        const sender = Buffer.from(epk, 'base64url');
        secret = secretOf(key.key, publicKeyFromBytes(sender), sender, key.publicBytes);
        secrets.set(`${id}.${epk}`, secret);
      }
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', secret, Buffer.from(nonce, 'base64url'))
        .setAAD(associated(subject, path))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const clear = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
      return JSON.parse(clear.toString()) as unknown;
    } catch (error) {
      throw new SealError(`${path} cannot be opened`, { cause: error });
    }
  });
}

function associated(subject: string, path: string): Buffer {
  return Buffer.from(`${subject}\n${path}`);
}

// As KeyObjects: for bytes Node 24 finds out by an exception that they are none, which takes longer than the arithmetic.
function secretOf(own: KeyObject, other: KeyObject, ephemeral: Buffer, receiver: Buffer): KeyObject {
  const shared = createSecretKey(diffieHellman({ privateKey: own, publicKey: other }));
  const salt = Buffer.concat([ephemeral, receiver]);
  return createSecretKey(Buffer.from(hkdfSync('sha256', shared, salt, 'slipway sealed field v1', 32)));
}

function mapSealed(
  target: Class<object>,
  source: object,
  path: string,
  change: (value: unknown, path: string) => unknown,
): object {
  const fields = new Map(fieldsOf(target).map((field) => [field.name, field]));
  return Object.fromEntries(
    Object.entries(source).map(([name, value]: [string, unknown]) => {
      const field = fields.get(name);
      const here = path === '' ? name : `${path}.${name}`;
      if (!field || value === undefined || value === null) return [name, value];
      if (field.sealed) return [name, change(value, here)];
      const nested = field.nested?.();
      if (!nested) return [name, value];
      if (!Array.isArray(value)) return [name, isObject(value) ? mapSealed(nested, value, here, change) : value];
      const items: unknown[] = value;
      return [
        name,
        items.map((item, index) => (isObject(item) ? mapSealed(nested, item, `${here}.${index}`, change) : item)),
      ];
    }),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
