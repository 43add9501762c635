// Encrypted columns. Every value has a data key of its own, wrapped by a key of the configuration, so that rotating keys rewrites
// sixty bytes a value and no single key encrypts more than AES-GCM can bear. Where the value stands is associated data: moved to another
// row, column or service it does not open.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

import { parseEncryptionKeys, type EncryptionKey } from './encryption-keys.js';

/** Where a ciphertext stands. All three are names or ids, never values. */
export interface CipherPlace {
  readonly table: string;
  readonly id: string;
  readonly column: string;
}

/** The text is no ciphertext of this place, or its key is not configured. Names the place, never a value. */
export class DecryptionError extends Error {
  override readonly name = 'DecryptionError';
}

const PREFIX = 'enc:v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

// Keys are given as KeyObjects: for bytes Node 24 finds out by an exception that they are none, which costs six times the work itself.
export class Encryption {
  private readonly keys: ReadonlyMap<string, EncryptionKey>;
  private readonly current: EncryptionKey;

  /** @throws Error naming the entry of ENCRYPTION_KEYS that cannot be read */
  constructor(
    private readonly schema: string,
    encryptionKeys: string,
  ) {
    const keys = parseEncryptionKeys(encryptionKeys);
    const [first] = keys;
    if (!first) throw new Error('ENCRYPTION_KEYS holds no key');
    this.current = first;
    this.keys = new Map(keys.map((key) => [key.id, key]));
  }

  static isCiphertext(text: string): boolean {
    return text.startsWith(`${PREFIX}:`);
  }

  /** The text to store in that place: `enc:v1:<key id>:<wrapped data key>:<ciphertext>`, with the first configured key. */
  encrypt(place: CipherPlace, plaintext: string): string {
    const dataKey = randomBytes(KEY_BYTES);
    const wrapped = this.wrap(place, dataKey);
    return `${PREFIX}:${this.current.id}:${wrapped}:${seal(dataKey, this.associated(place), Buffer.from(plaintext))}`;
  }

  /** @throws DecryptionError when the text was changed or moved, or its key is not in ENCRYPTION_KEYS */
  decrypt(place: CipherPlace, ciphertext: string): string {
    const { dataKey, sealed } = this.read(place, ciphertext);
    return this.open(place, dataKey, this.associated(place), sealed).toString();
  }

  /** The same value under the first configured key; the text itself when it already is. For rotating keys. @throws DecryptionError */
  rewrap(place: CipherPlace, ciphertext: string): string {
    const { keyId, dataKey, sealed } = this.read(place, ciphertext);
    if (keyId === this.current.id) return ciphertext;
    return `${PREFIX}:${this.current.id}:${this.wrap(place, dataKey)}:${sealed}`;
  }

  private wrap(place: CipherPlace, dataKey: Buffer): string {
    return seal(this.current.bytes, this.associated(place, this.current.id), dataKey);
  }

  private read(place: CipherPlace, ciphertext: string): { keyId: string; dataKey: Buffer; sealed: string } {
    const parts = Encryption.isCiphertext(ciphertext) ? ciphertext.slice(PREFIX.length + 1).split(':') : [];
    const [keyId, wrapped, sealed] = parts;
    if (!keyId || !wrapped || !sealed || parts.length !== 3)
      throw new DecryptionError(`${where(place)} holds no ciphertext`);
    const key = this.keys.get(keyId);
    if (!key)
      throw new DecryptionError(
        `${where(place)} is encrypted with the key ${keyId}, which ENCRYPTION_KEYS does not hold`,
      );
    return { keyId, dataKey: this.open(place, key.bytes, this.associated(place, keyId), wrapped), sealed };
  }

  private open(place: CipherPlace, key: Buffer, associated: Buffer, sealed: string): Buffer {
    const bytes = Buffer.from(sealed, 'base64url');
    try {
      const decipher = createDecipheriv(ALGORITHM, createSecretKey(key), bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(associated)
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw new DecryptionError(`${where(place)} does not open: it was changed or moved, or its key is another one`, {
        cause: error,
      });
    }
  }

  private associated({ table, id, column }: CipherPlace, ...more: string[]): Buffer {
    return Buffer.from(JSON.stringify([this.schema, table, id, column, ...more]));
  }
}

function seal(key: Buffer, associated: Buffer, plain: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, createSecretKey(key), nonce, { authTagLength: TAG_BYTES }).setAAD(
    associated,
  );
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

const where = ({ table, id, column }: CipherPlace): string => `${table}.${column} of ${id}`;
