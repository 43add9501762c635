const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

export interface EncryptionKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** ENCRYPTION_KEYS: `<id>:<base64 of 32 bytes>,…`. @throws Error naming the entry, never its key */
export function parseEncryptionKeys(text: string): readonly EncryptionKey[] {
  const keys = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry): EncryptionKey => {
      const [id = '', base64 = '', ...rest] = entry.split(':');
      if (rest.length > 0 || !KEY_ID.test(id)) {
        throw new Error('ENCRYPTION_KEYS: an entry is <id>:<base64>; the id is 1 to 32 letters, digits, "-" or "_"');
      }
      const bytes = Buffer.from(base64, 'base64');
      if (bytes.length !== KEY_BYTES) throw new Error(`ENCRYPTION_KEYS: key ${id} is not ${KEY_BYTES} bytes in base64`);
      return { id, bytes };
    });
  if (keys.length === 0) throw new Error('ENCRYPTION_KEYS holds no key: it has the form <id>:<base64 of 32 bytes>,…');
  if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new Error('ENCRYPTION_KEYS names a key twice');
  return keys;
}
