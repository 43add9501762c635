import { describe, expect, it } from 'vitest';

import { checkUsername, emailKey, usernameFromEmail } from './user.js';

describe('a user', () => {
  it('is one account whatever the case and composition of its address', () => {
    expect(emailKey('KIM@Example.org')).toBe('kim@example.org');
    expect(emailKey('Jose\u0301@x')).toBe(emailKey('Jos\u00e9@X'));
  });

  it('has a name without control characters and outer blanks', () => {
    expect(checkUsername('kim lee')).toBeNull();
    expect(checkUsername(' kim')?.issues?.[0]?.path).toBe('username');
    expect(checkUsername('ki\u0007m')?.kind).toBe('invalid');
  });

  it('gets a name from its address, with digits on a clash, never too short or too long', () => {
    expect(usernameFromEmail('kim@example.org', 0)).toBe('kim');
    expect(usernameFromEmail('kim@example.org', 1)).toBe('kim2');
    expect(usernameFromEmail('a@b', 0)).toBe('a--');
    expect(usernameFromEmail(`${'x'.repeat(64)}@b`, 11)).toBe(`${'x'.repeat(48)}12`);
    expect(usernameFromEmail('a b/c@d', 0)).toBe('a-b-c');
  });
});
