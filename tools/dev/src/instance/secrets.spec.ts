import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { firstUserOf, writeFirstUser } from './first-user.js';
import { openSecrets } from './secrets.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the secrets of an instance', () => {
  it('are made once, kept, and closed to others', () => {
    expect(openSecrets(folder).of('a', () => 'first')).toBe('first');
    expect(openSecrets(folder).of('a', () => 'second')).toBe('first');
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('are never replaced because their file is damaged', () => {
    writeFileSync(join(folder, 'secrets.json'), '{"a":');
    expect(() => openSecrets(folder)).toThrow(/secrets\.json is damaged/);
  });
});

describe('the first user', () => {
  const make = (password: string) => () => ({ email: 'a@b', username: 'a', password, apiKey: 'k' });

  it('stays the same over starts, at the address of this one', () => {
    writeFirstUser(folder, firstUserOf(folder, 'http://localhost:1', make('one')));
    expect(firstUserOf(folder, 'http://localhost:2', make('two'))).toMatchObject({
      password: 'one',
      url: 'http://localhost:2',
    });
    expect(statSync(join(folder, 'first-user.json')).mode & 0o777).toBe(0o600);
  });

  it('gets a new password when the file is lost', () => {
    writeFirstUser(folder, firstUserOf(folder, 'http://localhost:1', make('one')));
    rmSync(join(folder, 'first-user.json'));
    expect(firstUserOf(folder, 'http://localhost:1', make('two')).password).toBe('two');
  });
});
