import { createHash, randomUUID } from 'node:crypto';

import {
  changePassword,
  checkCredential,
  createCredential,
  credentialRevoked,
  openCredential,
  queueReset,
  requestReset,
  resetPassword,
  sendMail,
  updateUser,
} from '@slipway/contracts';
import { type Harness, waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { digestOf } from '../credential/api-key.js';
import { CredentialEntity } from '../credential/credential.entity.js';
import { freshValue, givenUser, type Registered, startIdentity } from '../fixture/identity-harness.js';
import { ResetTokenEntity } from './reset-token.entity.js';
import { UserEntity } from './user.entity.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startIdentity();
});
afterAll(() => harness.close());

const nobody = { actor: undefined };
const NEW = 'a better horse';

async function logsIn(kim: Registered, password: string): Promise<boolean> {
  const attempt = { email: kim.user.email, password, address: '198.51.100.1' };
  try {
    await harness.execute(openCredential, { ...attempt, kind: 'session', digest: freshValue().digest }, nobody);
    return true;
  } catch {
    return false;
  }
}

async function isGood(lookup: { sessionId?: string; digest?: string }): Promise<boolean> {
  return harness.query(checkCredential, lookup as object, nobody).then(
    () => true,
    () => false,
  );
}

const sessionOf = (kim: Registered) => ({ sessionId: kim.credentialId ?? '' });

async function keyOf(kim: Registered): Promise<{ digest: string }> {
  const { value } = await harness.execute(
    createCredential,
    { kind: 'api-key', name: 'ci', scope: 'full' },
    { actor: kim.actor },
  );
  return { digest: digestOf(value) };
}

/** A reset token as its mail holds it: here it is put beside the row, since mails leave sealed. */
async function givenToken(kim: Registered, overrides: Partial<ResetTokenEntity> = {}): Promise<string> {
  const { digest } = freshValue();
  const now = Date.now();
  await harness.dataSource.getRepository(ResetTokenEntity).insert({
    digest,
    userId: kim.user.id,
    createdAt: new Date(now),
    expiresAt: new Date(now + 60_000),
    usedAt: null,
    ...overrides,
  });
  return digest;
}

const mailsTo = async (kim: Registered) => (await harness.outbox(sendMail)).filter(({ to }) => to === kim.user.email);

describe('queue a reset', () => {
  it('answers before anybody looks for the account, and mails what it promised', async () => {
    const kim = await givenUser(harness);
    const answered = () => harness.execute(queueReset, { email: kim.user.email }, nobody);
    // Whatever has to do with the account has to wait.
    await harness.dataSource.transaction(async ({ queryRunner }) => {
      await queryRunner?.query(`select 1 from "user" where id = $1 for update`, [kim.user.id]);
      await answered();
      await answered();
      expect(await mailsTo(kim)).toEqual([]);
    });
    await waitFor(async () => (await mailsTo(kim)).length === 2);
  });

  it('leaves the same behind for every address, also when it comes twice', async () => {
    const kim = await givenUser(harness);
    const emails = [kim.user.email, `no-${randomUUID()}@example.org`];
    for (const email of emails) {
      const message = harness.message(queueReset, { email }, nobody);
      for (let time = 0; time < 2; time++) await expect(harness.deliver(message)).resolves.toBeUndefined();
    }
    const queued = (await harness.outbox(requestReset)).filter(({ email }) => emails.includes(email));
    expect(queued).toEqual(emails.map((email) => ({ email })));
  });
});

describe('request a reset', () => {
  it('mails a token that is sealed, and stores its digest alone', async () => {
    const kim = await givenUser(harness);
    await harness.execute(requestReset, { email: kim.user.email.toUpperCase() }, nobody);
    const [mail] = await mailsTo(kim);
    expect(mail).toMatchObject({ template: 'password-reset', expiresAt: expect.any(String) });
    expect(mail?.fields).not.toHaveProperty('token');
    const [row] = await harness.rows(ResetTokenEntity, { userId: kim.user.id });
    expect(row).toMatchObject({ digest: expect.stringMatching(/^[0-9a-f]{64}$/), usedAt: null });
    const hourLater = new Date((row?.createdAt.getTime() ?? 0) + 3_600_000);
    expect(row?.expiresAt).toEqual(hourLater);
    expect(mail?.expiresAt).toBe(hourLater.toISOString());
  });

  it('voids the older token, and mails three times an hour at most, also for requests at once', async () => {
    const kim = await givenUser(harness);
    await Promise.all(
      Array.from({ length: 5 }, () => harness.execute(requestReset, { email: kim.user.email }, nobody)),
    );
    expect(await mailsTo(kim)).toHaveLength(3);
    const rows = await harness.rows(ResetTokenEntity, { userId: kim.user.id });
    expect(rows.filter(({ expiresAt }) => expiresAt.getTime() > Date.now())).toHaveLength(1);
    await harness.dataSource
      .getRepository(ResetTokenEntity)
      .update({ userId: kim.user.id }, { createdAt: new Date(Date.now() - 3_601_000) });
    await harness.execute(requestReset, { email: kim.user.email }, nobody);
    expect(await mailsTo(kim)).toHaveLength(4);
  });

  it('refuses an unknown address and an account that is not active, and mails nothing', async () => {
    const kim = await givenUser(harness);
    await harness.dataSource.getRepository(UserEntity).update({ id: kim.user.id }, { state: 'inactive' });
    for (const email of [kim.user.email, `no-${randomUUID()}@example.org`]) {
      await expect(harness.execute(requestReset, { email }, nobody)).rejects.toMatchObject({
        problem: { kind: 'not_found', noun: 'user' },
      });
    }
    expect(await mailsTo(kim)).toEqual([]);
  });

  it('refuses nothing where nobody waits for it', async () => {
    const message = harness.message(requestReset, { email: `no-${randomUUID()}@example.org` }, nobody);
    await expect(harness.deliver(message)).resolves.toBeUndefined();
  });
});

describe('reset a password', () => {
  it('takes the new password, ends all sessions and lets keys live', async () => {
    const kim = await givenUser(harness);
    const key = await keyOf(kim);
    const { credentialIds } = await harness.execute(
      resetPassword,
      { digest: await givenToken(kim), password: NEW },
      nobody,
    );
    expect(credentialIds).toEqual([kim.credentialId]);
    expect([await isGood(sessionOf(kim)), await isGood(key)]).toEqual([false, true]);
    expect([await logsIn(kim, kim.password), await logsIn(kim, NEW)]).toEqual([false, true]);
    expect(await harness.outbox(credentialRevoked)).toContainEqual({ userId: kim.user.id, credentialIds });
  });

  it('names every session that it ends, a thousand in a fact', async () => {
    const kim = await givenUser(harness);
    await harness.dataSource.query(
      `insert into credential ("id", "userId", "kind", "createdAt")
       select gen_random_uuid(), $1, 'session', now() from generate_series(1, 1000)`,
      [kim.user.id],
    );
    await harness.execute(resetPassword, { digest: await givenToken(kim), password: NEW }, nobody);
    const told = (await harness.outbox(credentialRevoked)).filter(({ userId }) => userId === kim.user.id);
    expect(told.map(({ credentialIds }) => credentialIds.length)).toEqual([1000, 1]);
    expect(new Set(told.flatMap(({ credentialIds }) => credentialIds)).size).toBe(1001);
  });

  it('ends keys too when asked', async () => {
    const kim = await givenUser(harness);
    const key = await keyOf(kim);
    await harness.execute(resetPassword, { digest: await givenToken(kim), password: NEW, revokeApiKeys: true }, nobody);
    expect(await isGood(key)).toBe(false);
  });

  it('is done once: delivered twice it answers the same, asked again it refuses', async () => {
    const kim = await givenUser(harness);
    const digest = await givenToken(kim);
    const message = harness.message(resetPassword, { digest, password: NEW }, nobody);
    const first = await harness.deliver(message);
    expect(await harness.deliver(message)).toEqual(first);
    await expect(harness.execute(resetPassword, { digest, password: 'another horse' }, nobody)).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'reset_token', facts: { state: 'used' } },
    });
    expect(await logsIn(kim, NEW)).toBe(true);
  });

  it('is no good for an account that is not active any more, whose password stays', async () => {
    const kim = await givenUser(harness);
    const digest = await givenToken(kim);
    const users = harness.dataSource.getRepository(UserEntity);
    await users.update({ id: kim.user.id }, { state: 'inactive' });
    await expect(harness.execute(resetPassword, { digest, password: NEW }, nobody)).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'reset_token', facts: { state: 'unknown' } },
    });
    await users.update({ id: kim.user.id }, { state: 'active' });
    expect([await logsIn(kim, kim.password), await logsIn(kim, NEW)]).toEqual([true, false]);
  });

  it('tells expired from unknown, and changes nothing', async () => {
    const kim = await givenUser(harness);
    const expired = await givenToken(kim, { expiresAt: new Date(Date.now() - 1) });
    for (const [digest, state] of [
      [expired, 'expired'],
      [createHash('sha256').update('x').digest('hex'), 'unknown'],
    ] as const) {
      await expect(harness.execute(resetPassword, { digest, password: NEW }, nobody)).rejects.toMatchObject({
        problem: { kind: 'invalid', code: 'reset_token', facts: { state } },
      });
    }
    expect([await isGood(sessionOf(kim)), await logsIn(kim, kim.password)]).toEqual([true, true]);
  });
});

describe('change the password', () => {
  const change = (kim: Registered, current: string, address = '198.51.100.2') => ({ current, new: NEW, address });

  it('ends every session but the presented one, and lets keys live', async () => {
    const kim = await givenUser(harness);
    const key = await keyOf(kim);
    await logsIn(kim, kim.password);
    await harness.execute(changePassword, change(kim, kim.password), { actor: kim.actor });
    const living = (await harness.rows(CredentialEntity, { userId: kim.user.id, kind: 'session' })).filter(
      ({ revokedAt }) => !revokedAt,
    );
    expect(living.map(({ id }) => id)).toEqual([kim.credentialId]);
    expect([await isGood(key), await logsIn(kim, kim.password), await logsIn(kim, NEW)]).toEqual([true, false, true]);
  });

  it('ends all sessions when a key asks', async () => {
    const kim = await givenUser(harness);
    const { actor } = await harness.query(checkCredential, await keyOf(kim), nobody);
    await harness.execute(changePassword, change(kim, kim.password), { actor });
    expect(await isGood(sessionOf(kim))).toBe(false);
  });

  it('takes effect once when the command is delivered twice, and counts no failure for it', async () => {
    const kim = await givenUser(harness);
    const message = harness.message(changePassword, change(kim, kim.password), { actor: kim.actor });
    const first = await harness.deliver(message);
    for (let time = 0; time < 11; time++) expect(await harness.deliver(message)).toEqual(first);
  });

  it('lets one of several that change it at once win, and tells the others that their password is not current', async () => {
    const kim = await givenUser(harness);
    const changes = ['a first horse', 'a second horse', 'a third horse'].map((next) =>
      harness.execute(changePassword, { ...change(kim, kim.password), new: next }, { actor: kim.actor }),
    );
    const results = await Promise.allSettled(changes);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ problem: { code: 'wrong_password' } });
    }
  });

  it('forgets the failures before it', async () => {
    const kim = await givenUser(harness);
    const fail = async (): Promise<void> => {
      const wrong = harness.execute(changePassword, change(kim, 'wrong'), { actor: kim.actor });
      await expect(wrong).rejects.toMatchObject({ problem: { code: 'wrong_password' } });
    };
    for (let attempt = 0; attempt < 9; attempt++) await fail();
    await harness.execute(changePassword, change(kim, kim.password), { actor: kim.actor });
    for (let attempt = 0; attempt < 9; attempt++) await fail();
  });

  it('counts a wrong password as a failed login, of which ten are free', async () => {
    const kim = await givenUser(harness);
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(harness.execute(changePassword, change(kim, 'wrong'), { actor: kim.actor })).rejects.toMatchObject({
        problem: { kind: 'invalid', code: 'wrong_password' },
      });
    }
    await expect(
      harness.execute(changePassword, change(kim, kim.password), { actor: kim.actor }),
    ).rejects.toMatchObject({ problem: { kind: 'rate_limited' } });
    expect(await logsIn(kim, kim.password)).toBe(true);
  });

  it('answers a repeated command as the first time, however many have failed since', async () => {
    const kim = await givenUser(harness);
    const message = harness.message(changePassword, change(kim, kim.password), { actor: kim.actor });
    const first = await harness.deliver(message);
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(harness.execute(changePassword, change(kim, 'wrong'), { actor: kim.actor })).rejects.toMatchObject({
        problem: { code: 'wrong_password' },
      });
    }
    expect(await harness.deliver(message)).toEqual(first);
    const other = harness.execute(changePassword, change(kim, NEW), { actor: kim.actor });
    await expect(other).rejects.toMatchObject({ problem: { kind: 'rate_limited' } });
  });
});

describe('a new e-mail address', () => {
  it('is announced to the old one; another case of the same is none', async () => {
    const kim = await givenUser(harness);
    await harness.execute(updateUser, { email: kim.user.email.toUpperCase() }, { actor: kim.actor });
    expect((await harness.outbox(sendMail)).filter(({ to }) => to.toLowerCase() === kim.user.email)).toEqual([]);
    await harness.execute(updateUser, { email: `new-${kim.user.email}` }, { actor: kim.actor });
    expect(await harness.outbox(sendMail)).toContainEqual(
      expect.objectContaining({ to: kim.user.email.toUpperCase(), template: 'email-changed' }),
    );
  });
});
