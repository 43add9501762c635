import { availableParallelism } from 'node:os';

import { hash } from '@node-rs/argon2';
import { Refusal } from '@slipway/messaging';
import { describe, expect, it } from 'vitest';

import { Passwords } from './password.js';

describe('passwords', () => {
  const passwords = new Passwords();

  it('are hashed with Argon2id at the least cost that OWASP names', async () => {
    expect(await passwords.hash('correct horse')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('match their own hash alone', async () => {
    const hashed = await passwords.hash('correct horse');
    expect(await passwords.verify(hashed, 'correct horse')).toBe(true);
    expect(await passwords.verify(hashed, 'wrong horse')).toBe(false);
  });

  it('never match without a user, not even the decoy', async () => {
    expect(await passwords.verify(null, 'no user has this password')).toBe(false);
  });

  it('are renewed when the parameters have risen', async () => {
    expect(passwords.isOutdated(await hash('x', { memoryCost: 8192, timeCost: 1, parallelism: 1 }))).toBe(true);
    expect(passwords.isOutdated(await passwords.hash('x'))).toBe(false);
  });

  it('are refused for a second when sixty-four wait, also after others have had their turn', async () => {
    const room = Math.min(2, availableParallelism()) + 64;
    for (let round = 1; round <= 2; round += 1) {
      const attempts = await Promise.allSettled(Array.from({ length: 80 }, () => passwords.verify(null, 'x')));
      const refused = attempts.filter((attempt) => attempt.status === 'rejected');
      expect(refused).toHaveLength(80 - room);
      for (const { reason } of refused) {
        expect(reason).toBeInstanceOf(Refusal);
        expect(reason).toMatchObject({ problem: { kind: 'unavailable', retryAfterMs: 1_000 } });
      }
    }
  });
});
