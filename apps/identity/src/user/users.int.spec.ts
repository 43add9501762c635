import {
  getUser,
  openCredential,
  registerUser,
  updateUser,
  userRegistered,
  userUpdated,
  type RegisterUser,
} from '@slipway/contracts';
import { assertNoDrift, Transactions } from '@slipway/persistence';
import { actor, type Harness } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshValue, givenUser, startIdentity } from '../fixture/identity-harness.js';
import { makeApiKey } from '../credential/api-key.js';
import { CredentialEntity } from '../credential/credential.entity.js';
import { ensureFirstUser } from './first-user.js';
import { Passwords } from './password.js';
import { UserEntity } from './user.entity.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startIdentity();
});
afterAll(() => harness.close());

const nobody = { actor: undefined };
const input = (overrides: Partial<RegisterUser>): RegisterUser => ({
  email: 'ada@example.org',
  password: 'correct horse',
  ...overrides,
});

describe('register a user', () => {
  it('takes effect once when the command is delivered twice', async () => {
    const message = harness.message(
      registerUser,
      input({ email: 'twice@example.org', open: { kind: 'session', digest: freshValue().digest } }),
      nobody,
    );
    const first = await harness.deliver(message);
    const second = await harness.deliver(message);
    expect(second).toEqual(first);
    expect(await harness.rows(UserEntity, { emailKey: 'twice@example.org' })).toHaveLength(1);
    expect((await harness.outbox(userRegistered)).filter(({ userId }) => userId === first.user.id)).toHaveLength(1);
  });

  it('names all that another account has, also when both are made at once', async () => {
    const same = input({ email: 'both@example.org', username: 'both' });
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => harness.execute(registerUser, same, nobody)),
    );
    const lost = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []));
    expect(lost).toHaveLength(7);
    for (const reason of lost) {
      expect(reason).toMatchObject({
        problem: { kind: 'already_exists', facts: { fields: ['email', 'username'] } },
      });
    }
  });

  it('keeps the answer, which holds a token, encrypted', async () => {
    const { accessToken } = await givenUser(harness);
    const rows = await harness.dataSource.query<{ answer: string }[]>('select answer from inbox');
    expect(accessToken?.value).toBeDefined();
    expect(rows.some(({ answer }) => answer.includes(String(accessToken?.value)))).toBe(false);
  });

  it('keeps address and name as typed, and unique whatever the case', async () => {
    const { user } = await harness.execute(
      registerUser,
      input({ email: 'Grace@Example.org', username: 'Grace' }),
      nobody,
    );
    expect(user).toMatchObject({ email: 'Grace@Example.org', username: 'Grace', state: 'active', lastLoginAt: null });
    await expect(
      harness.execute(registerUser, input({ email: 'grace@EXAMPLE.org', username: 'GRACE' }), nobody),
    ).rejects.toMatchObject({ problem: { kind: 'already_exists', facts: { fields: ['email', 'username'] } } });
  });

  it('lets one of many racing for an address win and tells the others', async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) =>
        harness.execute(registerUser, input({ email: 'race@example.org', username: `race-${at}` }), nobody),
      ),
    );
    const lost = attempts.filter(({ status }) => status === 'rejected');
    expect(lost).toHaveLength(7);
    for (const { reason } of lost as PromiseRejectedResult[])
      expect(reason).toMatchObject({ problem: { kind: 'already_exists' } });
  });

  it('numbers users and makes names from addresses', async () => {
    const first = await harness.execute(registerUser, input({ email: 'same@one.example' }), nobody);
    const second = await harness.execute(registerUser, input({ email: 'same@two.example' }), nobody);
    expect([first.user.username, second.user.username]).toEqual(['same', 'same2']);
    expect(second.user.number).toBeGreaterThan(first.user.number);
  });

  it('stores nothing for a name with a control character', async () => {
    await expect(
      harness.execute(registerUser, input({ email: 'bell@example.org', username: 'be\u0007ll' }), nobody),
    ).rejects.toMatchObject({ problem: { kind: 'invalid', issues: [{ path: 'username' }] } });
    expect(await harness.rows(UserEntity, { emailKey: 'bell@example.org' })).toEqual([]);
  });

  it('never makes an administrator and never stores the password', async () => {
    const { user } = await givenUser(harness);
    const [row] = await harness.rows(UserEntity, { id: user.id });
    expect(row).toMatchObject({ admin: false });
    expect(row?.passwordHash).toMatch(/^\$argon2id\$/);
  });
});

describe('update a user', () => {
  it('changes the actor alone, and its own values are no conflict', async () => {
    const kim = await givenUser(harness);
    const changed = await harness.execute(
      updateUser,
      { username: 'Kimberly', email: kim.user.email.toUpperCase() },
      { actor: kim.actor },
    );
    expect(changed).toMatchObject({ id: kim.user.id, username: 'Kimberly', email: kim.user.email.toUpperCase() });
    expect(await harness.outbox(userUpdated)).toContainEqual({ userId: kim.user.id, email: changed.email });
  });

  it("refuses another account's name", async () => {
    const [kim, lee] = [await givenUser(harness), await givenUser(harness)];
    await expect(
      harness.execute(updateUser, { username: kim.user.username }, { actor: lee.actor }),
    ).rejects.toMatchObject({ problem: { kind: 'already_exists', facts: { fields: ['username'] } } });
  });
});

describe('get a user', () => {
  it('answers oneself and an administrator; others as if absent', async () => {
    const kim = await givenUser(harness);
    await expect(harness.query(getUser, {}, { actor: kim.actor })).resolves.toMatchObject({ id: kim.user.id });
    await expect(harness.query(getUser, { id: kim.user.id }, { actor: actor({ admin: true }) })).resolves.toMatchObject(
      { id: kim.user.id },
    );
    await expect(harness.query(getUser, { id: kim.user.id }, { actor: actor() })).rejects.toMatchObject({
      problem: { kind: 'not_found' },
    });
  });

  it('answers one who was deleted to nobody', async () => {
    const kim = await givenUser(harness);
    await harness.dataSource.getRepository(UserEntity).update({ id: kim.user.id }, { state: 'deleted' });
    for (const asking of [kim.actor, actor({ admin: true })]) {
      await expect(harness.query(getUser, { id: kim.user.id }, { actor: asking })).rejects.toMatchObject({
        problem: { kind: 'not_found' },
      });
    }
  });
});

describe('the tables', () => {
  it('are what the entities say', async () => {
    await expect(assertNoDrift(harness.dataSource)).resolves.toBeUndefined();
  });
});

describe('registration that is closed', () => {
  it('refuses strangers and still lets known users in', async () => {
    const closed = await startIdentity({ REGISTRATION: 'closed' });
    try {
      await expect(closed.execute(registerUser, input({}), nobody)).rejects.toMatchObject({
        problem: { kind: 'forbidden', code: 'registration_closed' },
      });
      await expect(
        closed.execute(
          openCredential,
          { email: 'ada@example.org', password: 'x', kind: 'session', digest: freshValue().digest, address: '' },
          nobody,
        ),
      ).rejects.toMatchObject({ problem: { code: 'unknown_email' } });
    } finally {
      await closed.close();
    }
  });
});

describe('the first user', () => {
  const wanted = { email: 'first@example.org', password: 'made by the start' };
  const ensure = (overrides: { password?: string; apiKey: string }) =>
    harness.service.app
      .get(Transactions, { strict: false })
      .run((tx) => ensureFirstUser(tx, { ...wanted, ...overrides }));
  const logsIn = (email: string, password: string) =>
    harness.execute(
      openCredential,
      { email, password, kind: 'session', digest: freshValue().digest, address: '192.0.2.1' },
      nobody,
    );

  it('stays as its owner has changed it, and gets new secrets only when their file was lost', async () => {
    const apiKey = makeApiKey('acme_').value;
    await ensure({ apiKey });
    const { user } = await logsIn(wanted.email, wanted.password);
    const users = harness.dataSource.getRepository(UserEntity);
    const passwordHash = await new Passwords().hash('its own');
    await users.update({ id: user.id }, { email: 'moved@example.org', emailKey: 'moved@example.org', passwordHash });
    await ensure({ apiKey });
    expect(await harness.rows(CredentialEntity, { userId: user.id, kind: 'api-key' })).toMatchObject([
      { prefix: 'acme_', hint: apiKey.slice(-4) },
    ]);
    await expect(logsIn('moved@example.org', 'its own')).resolves.toMatchObject({ user: { id: user.id } });
    expect(await harness.rows(UserEntity, { admin: true })).toHaveLength(1);

    await users.update({ id: user.id }, { email: wanted.email, emailKey: wanted.email });
    await ensure({ apiKey: makeApiKey('ce_dev_').value, password: 'made anew' });
    await expect(logsIn(wanted.email, 'made anew')).resolves.toMatchObject({ user: { id: user.id } });
    expect(await harness.rows(UserEntity, { admin: true })).toHaveLength(1);
    const keys = await harness.rows(CredentialEntity, { userId: user.id, kind: 'api-key' });
    expect(keys.filter(({ revokedAt }) => revokedAt === null)).toHaveLength(1);
  });
});
