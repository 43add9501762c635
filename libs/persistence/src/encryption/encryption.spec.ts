import { randomBytes } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { DecryptionError, Encryption } from './encryption.js';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const place = { table: 'credential', id: '7', column: 'secret' };

describe('Encryption', () => {
  const [one, two] = [key('1'), key('2')];
  const encryption = new Encryption('identity', one);

  it.each(['', 'planted-secret', 'ünïcode ✓', 'x'.repeat(100_000)])('returns what it was given', (text) => {
    const stored = encryption.encrypt(place, text);
    expect(encryption.decrypt(place, stored)).toBe(text);
    expect(Encryption.isCiphertext(stored)).toBe(true);
    if (text !== '') expect(stored).not.toContain(text);
  });

  it('never gives the same text twice', () => {
    expect(encryption.encrypt(place, 'a')).not.toBe(encryption.encrypt(place, 'a'));
  });

  it.each([
    ['table', { ...place, table: 'user' }],
    ['row', { ...place, id: '8' }],
    ['column', { ...place, column: 'name' }],
    // Without a structure around the names these two would meet.
    ['boundary', { table: 'credential7', id: '', column: 'secret' }],
  ])('does not open what was moved to another %s', (_what, other) => {
    expect(() => encryption.decrypt(other, encryption.encrypt(place, 'a'))).toThrow(DecryptionError);
  });

  it('does not open what another service has encrypted with the same key', () => {
    expect(() => new Encryption('catalog', one).decrypt(place, encryption.encrypt(place, 'a'))).toThrow(
      DecryptionError,
    );
  });

  it('does not open what was changed, in any part', () => {
    const stored = encryption.encrypt(place, 'a');
    for (const [index, letter] of [...stored].entries()) {
      const changed = stored.slice(0, index) + (letter === 'A' ? 'B' : 'A') + stored.slice(index + 1);
      // The last letter of a base64 text may have unused bits: then nothing was changed.
      const same = stored.split(':').map((part) => Buffer.from(part, 'base64url').toString('hex'));
      if (String(changed.split(':').map((part) => Buffer.from(part, 'base64url').toString('hex'))) === String(same))
        continue;
      expect(() => encryption.decrypt(place, changed), `letter ${index}`).toThrow(DecryptionError);
    }
  });

  it('names the place and the missing key, never the value', () => {
    const stored = new Encryption('identity', two).encrypt(place, 'planted-secret');
    expect(() => encryption.decrypt(place, stored)).toThrow(
      'credential.secret of 7 is encrypted with the key 2, which ENCRYPTION_KEYS does not hold',
    );
    expect(() => encryption.decrypt(place, 'in clear')).toThrow('credential.secret of 7 holds no ciphertext');
  });

  it('rotates: the new first key encrypts, the old one still opens, and after rewrapping it is not needed', () => {
    const old = encryption.encrypt(place, 'a');
    const rotating = new Encryption('identity', `${two},${one}`);
    expect(rotating.decrypt(place, old)).toBe('a');
    const rewrapped = rotating.rewrap(place, old);
    expect(new Encryption('identity', two).decrypt(place, rewrapped)).toBe('a');
    expect(rotating.rewrap(place, rewrapped)).toBe(rewrapped);
    expect(() => rotating.rewrap({ ...place, id: '8' }, old)).toThrow(DecryptionError);
  });

  it.each([
    ['', 'ENCRYPTION_KEYS holds no key'],
    ['1:a:b', 'ENCRYPTION_KEYS: an entry is <id>:<base64>'],
    ['1', 'ENCRYPTION_KEYS: key 1 is not 32 bytes in base64'],
    ['1:c2hvcnQ=', 'ENCRYPTION_KEYS: key 1 is not 32 bytes in base64'],
    ['a b:c2hvcnQ=', 'the id is 1 to 32 letters'],
    [`${one},${one}`, 'ENCRYPTION_KEYS names a key twice'],
  ])('refuses the configuration %j', (text, message) => {
    expect(() => new Encryption('identity', text)).toThrow(message);
  });
});
