// X25519 key pairs of services, as configuration spells them: the raw 32 bytes in base64 beside an id, so that several may be in use
// while keys rotate.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

export interface PublicSealKey {
  readonly id: string;
  readonly key: KeyObject;
  /** The key as raw bytes. */
  readonly bytes: Buffer;
}

export interface PrivateSealKey {
  readonly id: string;
  readonly key: KeyObject;
  /** The public half as raw bytes. */
  readonly publicBytes: Buffer;
}

const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

/** A fresh pair in the spelling of SEAL_PUBLIC_KEYS (without the service) and SEAL_PRIVATE_KEY. */
export function generateSealKeyPair(id = '1'): { publicKey: string; privateKey: string } {
  const pair = generateKeyPairSync('x25519');
  const publicBytes = publicBytesOf(pair.publicKey);
  const privateBytes = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-KEY_BYTES);
  return {
    publicKey: `${id}:${publicBytes.toString('base64')}`,
    privateKey: `${id}:${privateBytes.toString('base64')}`,
  };
}

export function publicKeyFromBytes(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' });
}

/** A pair for one message; its public half as raw bytes. */
export function ephemeralPair(): { privateKey: KeyObject; publicBytes: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { privateKey, publicBytes: publicBytesOf(publicKey) };
}

function publicBytesOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES);
}

/** SEAL_PUBLIC_KEYS: `<service>:<id>:<base64>,…`. Of several for one service the first is used. @throws Error naming the entry */
export function parseSealPublicKeys(text: string): ReadonlyMap<string, PublicSealKey> {
  const keys = new Map<string, PublicSealKey>();
  for (const entry of entriesOf(text)) {
    const [service = '', id = '', base64 = '', ...rest] = entry.split(':');
    if (!service || rest.length > 0) throw new Error('SEAL_PUBLIC_KEYS: an entry is not <service>:<id>:<base64>');
    const bytes = keyBytes(id, base64, 'SEAL_PUBLIC_KEYS');
    if (!keys.has(service)) keys.set(service, { id, key: publicKeyFromBytes(bytes), bytes });
  }
  return keys;
}

/** SEAL_PRIVATE_KEY: `<id>:<base64>,…`, all of them able to open. @throws Error naming the entry */
export function parseSealPrivateKeys(text: string): readonly PrivateSealKey[] {
  return entriesOf(text).map((entry) => {
    const [id = '', base64 = '', ...rest] = entry.split(':');
    if (rest.length > 0) throw new Error('SEAL_PRIVATE_KEY: an entry is not <id>:<base64>');
    const key = createPrivateKey({
      key: Buffer.concat([PKCS8_PREFIX, keyBytes(id, base64, 'SEAL_PRIVATE_KEY')]),
      format: 'der',
      type: 'pkcs8',
    });
    return { id, key, publicBytes: publicBytesOf(createPublicKey(key)) };
  });
}

function entriesOf(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function keyBytes(id: string, base64: string, variable: string): Buffer {
  if (!KEY_ID.test(id)) throw new Error(`${variable}: a key's id is 1 to 32 letters, digits, "-" or "_"`);
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== KEY_BYTES) throw new Error(`${variable}: key ${id} is not ${KEY_BYTES} bytes in base64`);
  return bytes;
}
