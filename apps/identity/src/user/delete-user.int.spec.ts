import {
  checkCredential,
  createCredential,
  credentialRevoked,
  deleteUser,
  getKubeconfig,
  getUser,
  openCredential,
  registerUser,
  replaceClusterContexts,
  revokeCredential,
  userDeleted,
  type DeleteUser,
} from '@slipway/contracts';
import { type Harness } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { digestOf } from '../credential/api-key.js';
import { freshValue, givenUser, type Registered, startIdentity } from '../fixture/identity-harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startIdentity();
});
afterAll(() => harness.close());

const nobody = { actor: undefined };
const address = '198.51.100.1';

const remove = ({ actor, password }: Registered, more: Partial<DeleteUser> = {}, operationId?: string) =>
  harness.execute(
    deleteUser,
    { password, address, soleApps: 0, ...more },
    { actor, ...(operationId && { operationId }) },
  );

const check = (lookup: object) => harness.query(checkCredential, lookup, nobody);

const cookieOf = async ({ user, password }: Registered, replaces?: string): Promise<string> => {
  const { digest } = freshValue();
  const attempt = { email: user.email, password, address, kind: 'cookie' as const, digest };
  await harness.execute(openCredential, { ...attempt, ...(replaces !== undefined && { replaces }) }, nobody);
  return digest;
};

describe('deleting an account', () => {
  it('ends all that it could sign in with, and what it had saved', async () => {
    const kim = await givenUser(harness);
    const { actor } = kim;
    await harness.execute(replaceClusterContexts, { allowed: ['harbour'] }, { actor });
    const key = await harness.execute(createCredential, { kind: 'api-key', name: 'ci', scope: 'full' }, { actor });
    await remove(kim);
    await expect(check({ sessionId: kim.credentialId })).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
    await expect(check({ digest: digestOf(key.value) })).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
    await expect(cookieOf(kim)).rejects.toMatchObject({ problem: { code: 'unknown_email' } });
    await expect(harness.query(getUser, {}, { actor })).rejects.toMatchObject({ problem: { kind: 'not_found' } });
    await expect(harness.query(getKubeconfig, {}, { actor })).resolves.toEqual({ text: '', allowed: [] });
    expect((await harness.outbox(userDeleted)).at(-1)).toEqual({ userId: kim.user.id });
    const ended = (await harness.outbox(credentialRevoked)).filter(({ userId }) => userId === kim.user.id);
    expect(ended.flatMap(({ credentialIds }) => credentialIds).sort()).toEqual(
      [kim.credentialId, key.credential.id].sort(),
    );
  });

  it('frees the address and the name, never the number', async () => {
    const kim = await givenUser(harness);
    await remove(kim);
    const { email, username, number } = kim.user;
    const again = await harness.execute(registerUser, { email, username, password: 'a new start' }, nobody);
    expect(again.user).toMatchObject({ email, username });
    expect(again.user.number).toBeGreaterThan(number);
  });

  it('needs the password where one is given, and counts wrong ones as failed logins', async () => {
    const kim = await givenUser(harness);
    const wrong = { password: 'wrong' };
    for (let attempt = 1; attempt <= 10; attempt += 1)
      await expect(remove(kim, wrong)).rejects.toMatchObject({ problem: { code: 'wrong_password' } });
    await expect(remove(kim)).rejects.toMatchObject({ problem: { kind: 'rate_limited' } });
    await expect(remove(kim, { password: undefined })).resolves.toMatchObject({ userId: kim.user.id });
  });

  it('is refused while it owns apps that nobody shares', async () => {
    const kim = await givenUser(harness);
    await expect(remove(kim, { soleApps: 2 })).rejects.toMatchObject({
      problem: { kind: 'conflict', code: 'sole_owner', text: expect.stringContaining('2 apps') as string },
    });
    await expect(check({ sessionId: kim.credentialId })).resolves.toMatchObject({ actor: { userId: kim.user.id } });
  });

  it('repeated is answered as before', async () => {
    const kim = await givenUser(harness);
    const first = await remove(kim, {}, 'delete-twice');
    await expect(remove(kim, {}, 'delete-twice')).resolves.toEqual(first);
  });

  it('leaves a session that was open able to say whose it was, and no other', async () => {
    const kim = await givenUser(harness);
    const replaced = await cookieOf(kim);
    const open = await cookieOf(kim, replaced);
    await expect(check({ digest: replaced })).rejects.toMatchObject({ problem: { kind: 'unauthenticated' } });
    await expect(check({ digest: open })).resolves.toMatchObject({ actor: { userId: kim.user.id } });
    await remove(kim);
    await expect(check({ digest: open })).rejects.toMatchObject({
      problem: { kind: 'unauthenticated', code: 'account_deleted', facts: { number: kim.user.number } },
    });
    await expect(check({ digest: replaced })).rejects.toMatchObject({
      problem: { text: expect.stringContaining('unknown, expired or revoked') as string },
    });
    await harness.execute(revokeCredential, { digest: open }, nobody);
    await expect(check({ digest: open })).rejects.toMatchObject({
      problem: { text: expect.stringContaining('unknown, expired or revoked') as string },
    });
  });
});

describe('whoever presents an opaque value', () => {
  it('may end it, once, and no stranger learns whether there is one', async () => {
    const kim = await givenUser(harness);
    const digest = await cookieOf(kim);
    const facts = async () => (await harness.outbox(credentialRevoked)).filter(({ userId }) => userId === kim.user.id);
    await harness.execute(revokeCredential, { digest }, nobody);
    await harness.execute(revokeCredential, { digest }, nobody);
    await harness.execute(revokeCredential, { digest: freshValue().digest }, nobody);
    await expect(check({ digest })).rejects.toMatchObject({ problem: { kind: 'unauthenticated' } });
    expect(await facts()).toHaveLength(1);
  });
});
