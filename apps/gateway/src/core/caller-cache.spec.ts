import { describe, expect, it, vi } from 'vitest';

import { CallerCache } from './caller-cache.js';
import type { Caller } from './http-call.js';

const caller: Caller = {
  actor: {
    userId: 'u1',
    number: 1,
    username: 'kim',
    email: 'kim@example.org',
    teams: [],
    admin: false,
    credential: { id: 'c1', kind: 'api-key', scope: 'full' },
  },
  expiresAt: null,
  lookup: { digest: 'd1' },
};

function cache() {
  let now = 0;
  const ask = vi.fn(async (): Promise<Caller | null> => caller);
  const subject = new CallerCache(() => now);
  return { subject, ask, get: () => subject.get('key', ask), at: (time: number) => (now = time) };
}

describe('CallerCache', () => {
  it('asks once in five seconds', async () => {
    const { get, ask, at } = cache();
    await get();
    at(4_999);
    expect(await get()).toBe(caller);
    expect(ask).toHaveBeenCalledTimes(1);
    at(5_000);
    await get();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('asks once for callers that come at the same time', async () => {
    const { get, ask } = cache();
    await Promise.all([get(), get(), get()]);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('keeps no refusal', async () => {
    const { get, ask } = cache();
    ask.mockResolvedValue(null);
    expect(await get()).toBeNull();
    await get();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['the credential', ['c1'], 2],
    ['every credential of the user', [], 2],
    ['another credential', ['c2'], 1],
  ])('on the revocation of %s asks again as needed', async (_, credentialIds, asked) => {
    const { subject, get, ask } = cache();
    await get();
    subject.revoke({ userId: 'u1', credentialIds });
    await get();
    expect(ask).toHaveBeenCalledTimes(asked);
  });

  it('does not keep an answer that a revocation overtook', async () => {
    const { subject, get, ask } = cache();
    const first = get();
    subject.revoke({ userId: 'u1', credentialIds: ['c1'] });
    await first;
    await get();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('gives nobody who comes after a revocation the answer to a question from before it', async () => {
    const { subject, get, ask } = cache();
    const first = get();
    subject.revoke({ userId: 'u1', credentialIds: ['c1'] });
    ask.mockResolvedValue(null);
    expect(await get()).toBeNull();
    expect(await first).toBe(caller);
  });

  it('keeps ten thousand and forgets the oldest for the next one', async () => {
    const { subject, ask } = cache();
    for (let key = 0; key < 10_000; key += 1) await subject.get(`${key}`, ask);
    await subject.get('0', ask);
    expect(ask).toHaveBeenCalledTimes(10_000);
    await subject.get('one more', ask);
    await subject.get('1', ask);
    expect(ask).toHaveBeenCalledTimes(10_001);
    await subject.get('0', ask);
    expect(ask).toHaveBeenCalledTimes(10_002);
  });
});
