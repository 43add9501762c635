import { describe, expect, it } from 'vitest';

import { Greet } from '../fixture/operations.js';
import { sealFor, SealError, unseal } from './seal.js';
import { generateSealKeyPair, parseSealPrivateKeys, parseSealPublicKeys } from './seal-keys.js';
import { Sealing } from './sealing.js';
import { find, greet } from '../fixture/operations.js';

const pair = generateSealKeyPair('k1');
const publicKey = parseSealPublicKeys(`catalog:${pair.publicKey}`).get('catalog');
if (!publicKey) throw new Error('the key was parsed');
const privateKeys = parseSealPrivateKeys(pair.privateKey);
const input: Greet = {
  name: 'Kim',
  registry: { url: 'r.example.org', password: 'hunter2' },
  parts: [
    { name: 'a', secrets: { TOKEN: 'tok-1' } },
    { name: 'b', secrets: { TOKEN: 'tök-2' } },
  ],
};

interface Wire {
  registry: { password: string };
  parts: { secrets: string }[];
}
const seal = (subject = greet.subject) => sealFor(publicKey, subject, Greet, input) as unknown as Wire & object;

describe('sealed fields', () => {
  it('come back as they were, of nested classes and lists too', () => {
    expect(unseal(privateKeys, greet.subject, Greet, seal())).toEqual(input);
  });

  it('show nothing on the wire, and leave the rest readable', () => {
    const wire = JSON.stringify(seal());
    expect(wire).not.toMatch(/hunter2|tok-1|TOKEN/);
    expect(wire).toContain('r.example.org');
    expect(seal().registry.password).toMatch(/^sealed:v1:k1\.[\w-]{43}\.[\w-]{16}\.[\w-]+$/);
  });

  it('differ each time', () => {
    expect(seal().registry.password).not.toBe(seal().registry.password);
  });

  it('leave absent and null fields alone', () => {
    const bare = { name: 'Kim', registry: null as unknown as undefined, parts: [{ name: 'a' }] };
    expect(sealFor(publicKey, greet.subject, Greet, bare)).toEqual(bare);
    expect(unseal(privateKeys, greet.subject, Greet, bare)).toEqual(bare);
  });

  it('do not open when they were moved to another field', () => {
    const moved = seal();
    const [first, second] = moved.parts;
    if (!first || !second) throw new Error('there are two parts');
    [first.secrets, second.secrets] = [second.secrets, first.secrets];
    expect(() => unseal(privateKeys, greet.subject, Greet, moved)).toThrow(
      new SealError('parts.0.secrets cannot be opened'),
    );
  });

  it('do not open in another message', () => {
    expect(() => unseal(privateKeys, find.subject, Greet, seal())).toThrow('registry.password cannot be opened');
  });

  it('do not open when they were changed', () => {
    const changed = seal();
    const text = changed.registry.password;
    changed.registry.password = `${text.slice(0, -2)}${text.endsWith('AA') ? 'BB' : 'AA'}`;
    expect(() => unseal(privateKeys, greet.subject, Greet, changed)).toThrow(SealError);
  });

  it('are refused when they came in clear, without telling the value', () => {
    expect(() => unseal(privateKeys, greet.subject, Greet, input)).toThrow(
      new SealError('registry.password is not sealed'),
    );
  });

  it('open with an older key while keys rotate, and say which key is missing', () => {
    const newer = generateSealKeyPair('k2');
    expect(
      unseal(parseSealPrivateKeys(`${newer.privateKey},${pair.privateKey}`), greet.subject, Greet, seal()),
    ).toEqual(input);
    expect(() => unseal(parseSealPrivateKeys(newer.privateKey), greet.subject, Greet, seal())).toThrow(
      'registry.password is sealed for the key k1, which this service does not have',
    );
  });

  it('are never sent without a key', () => {
    expect(() => new Sealing({}).seal(greet, input)).toThrow(/SEAL_PUBLIC_KEYS has no key of catalog/);
  });

  it.each([
    ['catalog:k1', 'not 32 bytes'],
    ['catalog:k1:AAAA', 'not 32 bytes'],
    [':k1:AAAA', 'not <service>:<id>:<base64>'],
    ['catalog:k.1:AAAA', 'letters, digits'],
  ])('refuse the configuration %s', (text, reason) => {
    expect(() => new Sealing({ publicKeys: text })).toThrow(reason);
  });
});
