import { createPublicKey, randomUUID, verify } from 'node:crypto';

import {
  checkCredential,
  createCredential,
  credentialRevoked,
  isApiKey,
  listCredentials,
  listEndedCredentials,
  listSigningKeys,
  openCredential,
  refreshSession,
  revokeCredential,
  updateUser,
  type CredentialId,
  type OpenCredentialByPassword,
} from '@slipway/contracts';
import { hash } from '@node-rs/argon2';
import { Refusal, Transient } from '@slipway/messaging';
import { actor, type Harness } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { freshValue, givenUser, startIdentity, type Registered } from '../fixture/identity-harness.js';
import { Passwords } from '../user/password.js';
import { UserEntity } from '../user/user.entity.js';
import { digestOf } from './api-key.js';
import { CredentialEntity } from './credential.entity.js';
import { LoginFailuresEntity } from './login-failures.entity.js';
import { RefreshTokenEntity } from './refresh-token.entity.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startIdentity();
});
afterAll(() => harness.close());

const nobody = { actor: undefined };
function problemOf(error: unknown) {
  if (error instanceof Refusal) return error.problem;
  throw error;
}
const login = (kim: Registered, overrides: Partial<OpenCredentialByPassword> = {}): OpenCredentialByPassword => ({
  email: kim.user.email,
  password: kim.password,
  kind: 'session',
  digest: freshValue().digest,
  address: '127.0.0.1',
  ...overrides,
});

describe('open a credential', () => {
  it('gives a session whose access token verifies with the published key', async () => {
    const kim = await givenUser(harness);
    const { accessToken, user, credentialId } = await harness.execute(
      openCredential,
      login(kim, { email: kim.user.email.toUpperCase() }),
      nobody,
    );
    const { keys, issuer, audience } = await harness.query(listSigningKeys, {}, nobody);
    const [head = '', claims = '', signature = ''] = accessToken?.value.split('.') ?? [];
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
    expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: keys[0]?.kid });
    expect(
      verify(
        'sha256',
        Buffer.from(`${head}.${claims}`),
        { key: createPublicKey(keys[0]?.publicKey ?? ''), dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'),
      ),
    ).toBe(true);
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: issuer,
      aud: audience,
      sub: user.id,
      sid: credentialId,
    });
    expect(user.lastLoginAt).not.toBeNull();
  });

  it('tells an unknown address from a wrong password', async () => {
    const kim = await givenUser(harness);
    await expect(
      harness.execute(openCredential, login(kim, { email: 'no@example.org' }), nobody),
    ).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'unknown_email' },
    });
    await expect(harness.execute(openCredential, login(kim, { password: 'wrong' }), nobody)).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'wrong_password' },
    });
  });

  it('slows an address down after ten failures, before hashing, and counts unknown users too', async () => {
    const kim = await givenUser(harness);
    const wrong = { password: 'wrong', address: '192.0.2.7' };
    for (const email of [kim.user.email, `no-${kim.user.email}`]) {
      for (let attempt = 0; attempt < 10; attempt++) {
        await expect(harness.execute(openCredential, login(kim, { ...wrong, email }), nobody)).rejects.toMatchObject({
          problem: { kind: 'invalid' },
        });
      }
      await expect(
        harness.execute(openCredential, login(kim, { address: wrong.address, email }), nobody),
      ).rejects.toMatchObject({
        problem: { kind: 'rate_limited', retryAfterMs: expect.any(Number) },
      });
    }
    await expect(harness.execute(openCredential, login(kim, { address: '192.0.2.8' }), nobody)).resolves.toBeDefined();
  });

  it('slows an account down after a hundred failures from anywhere, which a success does not forget', async () => {
    const kim = await givenUser(harness);
    await harness.dataSource
      .getRepository(LoginFailuresEntity)
      .insert({ key: `account ${kim.user.email}`, count: 99, lastAt: new Date() });
    await harness.execute(openCredential, login(kim, { address: '192.0.2.10' }), nobody);
    await expect(
      harness.execute(openCredential, login(kim, { password: 'wrong', address: '192.0.2.11' }), nobody),
    ).rejects.toMatchObject({ problem: { code: 'wrong_password' } });
    await expect(harness.execute(openCredential, login(kim, { address: '192.0.2.12' }), nobody)).rejects.toMatchObject({
      problem: { kind: 'rate_limited' },
    });
  });

  it('hears no more than ten of the failures that come at once', async () => {
    const kim = await givenUser(harness);
    const wrong = login(kim, { password: 'wrong', address: '192.0.2.9' });
    const attempts = await Promise.allSettled(
      Array.from({ length: 40 }, () => harness.execute(openCredential, wrong, nobody)),
    );
    const kinds = attempts.map((attempt) => attempt.status === 'rejected' && problemOf(attempt.reason).kind);
    expect(kinds.filter((kind) => kind === 'invalid')).toHaveLength(10);
    expect(kinds.filter((kind) => kind === 'rate_limited')).toHaveLength(30);
  });

  it.each(['today’s', 'outdated'])(
    'is judged anew when the password changes while it is compared, also with %s hash',
    async (parameters) => {
      const kim = await givenUser(harness);
      const users = harness.dataSource.getRepository(UserEntity);
      const passwords = harness.service.app.get(Passwords, { strict: false });
      if (parameters === 'outdated') {
        const passwordHash = await hash(kim.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
        await users.update({ id: kim.user.id }, { passwordHash });
      }
      const changed = await passwords.hash('a better horse');
      const verify = passwords.verify.bind(passwords);
      vi.spyOn(passwords, 'verify').mockImplementationOnce(async (...compared) => {
        const matches = await verify(...compared);
        await users.update({ id: kim.user.id }, { passwordHash: changed });
        return matches;
      });
      const message = harness.message(openCredential, login(kim), nobody);
      await expect(harness.deliver(message)).rejects.toBeInstanceOf(Transient);
      // The broker brings it again.
      await expect(harness.deliver(message)).rejects.toMatchObject({ problem: { code: 'wrong_password' } });
      const { credentialId } = await harness.execute(
        openCredential,
        login(kim, { password: 'a better horse' }),
        nobody,
      );
      expect((await harness.rows(CredentialEntity, { userId: kim.user.id })).map(({ id }) => id).sort()).toEqual(
        [kim.credentialId, credentialId].sort(),
      );
    },
  );

  it('tells who knows the password of an account that is not active no more than anybody', async () => {
    const kim = await givenUser(harness);
    await harness.dataSource.getRepository(UserEntity).update({ id: kim.user.id }, { state: 'inactive' });
    await expect(harness.execute(openCredential, login(kim), nobody)).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'wrong_password' },
    });
  });

  it('renews a hash of weaker parameters', async () => {
    const kim = await givenUser(harness);
    const users = harness.dataSource.getRepository(UserEntity);
    const passwordHash = await hash(kim.password, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await users.update({ id: kim.user.id }, { passwordHash });
    await harness.execute(openCredential, login(kim), nobody);
    const renewed = await users.findOneByOrFail({ id: kim.user.id });
    expect(renewed.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await harness.execute(openCredential, login(kim), nobody);
    expect(await users.findOneByOrFail({ id: kim.user.id })).toMatchObject({ passwordHash: renewed.passwordHash });
  });

  it('opens an opaque token that the digest finds', async () => {
    const kim = await givenUser(harness);
    const { digest } = freshValue();
    await harness.execute(openCredential, login(kim, { kind: 'token', digest }), nobody);
    await expect(harness.query(checkCredential, { digest }, nobody)).resolves.toMatchObject({
      actor: { userId: kim.user.id, credential: { kind: 'token' } },
    });
  });
});

describe('refresh a session', () => {
  it('repeats with the same token as often as wanted', async () => {
    const kim = await givenUser(harness);
    for (let time = 0; time < 2; time++) {
      await expect(harness.execute(refreshSession, { digest: kim.refreshDigest }, nobody)).resolves.toHaveProperty(
        'accessToken.value',
      );
    }
  });

  it('never takes a session id or an API key for a refresh token', async () => {
    const kim = await givenUser(harness);
    const { value } = await harness.execute(
      createCredential,
      { kind: 'api-key', name: 'ci', scope: 'full' },
      { actor: kim.actor },
    );
    await expect(harness.execute(refreshSession, { digest: digestOf(value) }, nobody)).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
    await expect(harness.query(checkCredential, { digest: kim.refreshDigest }, nobody)).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
  });

  it('gives a sibling for ten seconds after a rotation, then ends the session', async () => {
    const kim = await givenUser(harness);
    const [unused, second, third] = [freshValue().digest, freshValue().digest, freshValue().digest];
    const refreshed = (successor: { nextDigest: string } | { siblingDigest: string }) =>
      harness.execute(refreshSession, { digest: kim.refreshDigest, ...successor }, nobody);
    expect(await refreshed({ siblingDigest: unused })).toMatchObject({ rotated: false });
    expect(await refreshed({ nextDigest: second })).toMatchObject({ rotated: true });
    // The ten seconds are those after the first exchange, however often it is repeated.
    const spentAt = new Date(Date.now() - 5_000);
    await harness.dataSource.getRepository(RefreshTokenEntity).update({ digest: kim.refreshDigest }, { spentAt });
    expect(await refreshed({ siblingDigest: third })).toMatchObject({ rotated: true });
    expect(await harness.rows(RefreshTokenEntity, { digest: kim.refreshDigest })).toMatchObject([{ spentAt }]);
    await expect(harness.execute(refreshSession, { digest: unused }, nobody)).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
    await harness.dataSource
      .getRepository(RefreshTokenEntity)
      .update({ digest: kim.refreshDigest }, { spentAt: new Date(Date.now() - 11_000) });
    await expect(harness.execute(refreshSession, { digest: kim.refreshDigest }, nobody)).rejects.toMatchObject({
      problem: { kind: 'unauthenticated', facts: { userId: kim.user.id, credentialId: kim.credentialId } },
    });
    for (const digest of [second, third]) {
      await expect(harness.execute(refreshSession, { digest }, nobody)).rejects.toMatchObject({
        problem: { kind: 'unauthenticated' },
      });
    }
    await expect(
      harness.query(checkCredential, { sessionId: kim.credentialId ?? undefined }, nobody),
    ).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
    expect(await harness.outbox(credentialRevoked)).toContainEqual({
      userId: kim.user.id,
      credentialIds: [kim.credentialId],
    });
  });
});

describe('API keys', () => {
  it('are shown once, stored as a digest, and repeated to a second delivery', async () => {
    const kim = await givenUser(harness);
    const message = harness.message(
      createCredential,
      { kind: 'api-key', name: 'ci', scope: 'read', expiresAt: '2099-12-31T23:59:59Z' },
      { actor: kim.actor },
    );
    const first = await harness.deliver(message);
    expect(await harness.deliver(message)).toEqual(first);
    expect(isApiKey(first.value)).toBe(true);
    const rows = await harness.rows(CredentialEntity, { userId: kim.user.id, kind: 'api-key' });
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(first.value);
    await expect(harness.query(checkCredential, { digest: digestOf(first.value) }, nobody)).resolves.toMatchObject({
      actor: { userId: kim.user.id, credential: { id: first.credential.id, kind: 'api-key', scope: 'read' } },
      expiresAt: '2099-12-31T23:59:59.000Z',
    });
  });

  it('never expire in the past', async () => {
    const kim = await givenUser(harness);
    await expect(
      harness.execute(
        createCredential,
        { kind: 'api-key', name: 'old', scope: 'full', expiresAt: '2020-01-01T00:00:00Z' },
        { actor: kim.actor },
      ),
    ).rejects.toMatchObject({ problem: { kind: 'invalid', issues: [{ path: 'expiresAt', rule: 'future' }] } });
  });

  it('are listed to their owner alone, newest first, in pages', async () => {
    const kim = await givenUser(harness);
    for (const name of ['one', 'two', 'three']) {
      await harness.execute(createCredential, { kind: 'api-key', name, scope: 'full' }, { actor: kim.actor });
    }
    const page = await harness.query(listCredentials, { kind: 'api-key', page: 1, limit: 2 }, { actor: kim.actor });
    expect(page.credentials.map(({ name }) => name)).toEqual(['three', 'two']);
    expect(page.total).toBe(3);
    expect(
      (await harness.query(listCredentials, { kind: 'api-key', page: 1, limit: 2 }, { actor: actor() })).total,
    ).toBe(0);
  });

  it('stop at once when revoked, and only by their owner', async () => {
    const kim = await givenUser(harness);
    const { credential, value } = await harness.execute(
      createCredential,
      { kind: 'api-key', name: 'ci', scope: 'full' },
      { actor: kim.actor },
    );
    await expect(harness.execute(revokeCredential, { id: credential.id }, { actor: actor() })).rejects.toMatchObject({
      problem: { kind: 'not_found' },
    });
    await expect(harness.query(checkCredential, { digest: digestOf(value) }, nobody)).resolves.toBeDefined();
    for (let time = 0; time < 2; time++) {
      await expect(
        harness.execute(revokeCredential, { id: credential.id }, { actor: kim.actor }),
      ).resolves.toBeUndefined();
    }
    await expect(harness.query(checkCredential, { digest: digestOf(value) }, nobody)).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
    expect(
      (await harness.outbox(credentialRevoked)).filter(({ credentialIds }) => credentialIds.includes(credential.id)),
    ).toHaveLength(1);
  });

  it('are what an id names: a session is none', async () => {
    const kim = await givenUser(harness);
    const credentials = harness.dataSource.getRepository(CredentialEntity);
    const session = await credentials.findOneByOrFail({ userId: kim.user.id, kind: 'session' });
    await expect(harness.execute(revokeCredential, { id: session.id }, { actor: kim.actor })).rejects.toMatchObject({
      problem: { kind: 'not_found' },
    });
    expect(await credentials.findOneByOrFail({ id: session.id })).toMatchObject({ revokedAt: null });
  });

  it('are a hundred at most, also for requests at once', async () => {
    const kim = await givenUser(harness);
    const digests = Array.from({ length: 99 }, (_, at) => `d-${at}-${kim.user.id}`);
    await harness.dataSource.query(
      `insert into credential ("id", "userId", "kind", "digest", "createdAt") select gen_random_uuid(), $1, 'api-key', d, now() from unnest($2::text[]) d`,
      [kim.user.id, digests],
    );
    const create = (name: string) =>
      harness.execute(createCredential, { kind: 'api-key', name, scope: 'full' }, { actor: kim.actor });
    const attempts = await Promise.allSettled(['a', 'b', 'c'].map(create));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    // Those that have expired or were revoked count no more.
    for (const [at, column] of ['expiresAt', 'revokedAt'].entries()) {
      await harness.dataSource.query(
        `update credential set "${column}" = now() - interval '1 second' where digest = $1`,
        [digests[at]],
      );
      await create(`instead of one with ${column}`);
      await expect(create('one more')).rejects.toMatchObject({ problem: { kind: 'quota_exceeded' } });
    }
  });
});

describe('check a credential', () => {
  it('refuses the sessions and keys of a user that is not active', async () => {
    const kim = await givenUser(harness);
    await harness.dataSource.getRepository(UserEntity).update({ id: kim.user.id }, { state: 'inactive' });
    await expect(
      harness.query(checkCredential, { sessionId: kim.credentialId ?? undefined }, nobody),
    ).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
  });

  it('writes the last use once a minute at most', async () => {
    const kim = await givenUser(harness);
    const lastUse = async () => (await harness.rows(CredentialEntity, { id: kim.credentialId ?? '' }))[0]?.lastUsedAt;
    const first = await lastUse();
    await harness.query(checkCredential, { sessionId: kim.credentialId ?? undefined }, nobody);
    expect(await lastUse()).toEqual(first);
    for (const [agoMs, isWritten] of [
      [50_000, false],
      [60_000, true],
    ] as const) {
      const lastUsedAt = new Date(Date.now() - agoMs);
      await harness.dataSource.getRepository(CredentialEntity).update({ id: kim.credentialId ?? '' }, { lastUsedAt });
      await harness.query(checkCredential, { sessionId: kim.credentialId ?? undefined }, nobody);
      expect((await lastUse())?.getTime() !== lastUsedAt.getTime()).toBe(isWritten);
    }
  });

  it('takes the id of a key for no session', async () => {
    const kim = await givenUser(harness);
    const create = { kind: 'api-key', name: 'ci', scope: 'full' } as const;
    const { credential } = await harness.execute(createCredential, create, { actor: kim.actor });
    await expect(harness.query(checkCredential, { sessionId: credential.id }, nobody)).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
  });
});

describe('list ended credentials', () => {
  it('names those that are revoked, expired, of a user that is not active, or unknown', async () => {
    const [kim, lee] = [await givenUser(harness), await givenUser(harness)];
    const keyOf = async () => {
      const create = { kind: 'api-key', name: 'ci', scope: 'full' } as const;
      return (await harness.execute(createCredential, create, { actor: kim.actor })).credential.id;
    };
    const [holds, later, expired, revoked] = [await keyOf(), await keyOf(), await keyOf(), await keyOf()];
    const credentials = harness.dataSource.getRepository(CredentialEntity);
    await credentials.update({ id: later }, { expiresAt: new Date(Date.now() + 60_000) });
    await credentials.update({ id: expired }, { expiresAt: new Date() });
    await harness.execute(revokeCredential, { id: revoked }, { actor: kim.actor });
    await harness.dataSource.getRepository(UserEntity).update({ id: lee.user.id }, { state: 'inactive' });
    const session = kim.actor.credential.id;
    const unknown = randomUUID() as CredentialId;
    const ended = [expired, revoked, lee.actor.credential.id, unknown];
    await expect(
      harness.query(listEndedCredentials, { ids: [session, holds, later, ...ended] }, nobody),
    ).resolves.toEqual({ ids: ended });
  });
});

describe('S7 a credential that only reads', () => {
  it('commands nothing', async () => {
    const kim = await givenUser(harness);
    const reader = actor({ ...kim.actor, credential: { ...kim.actor.credential, scope: 'read' } });
    const commands = [
      () => harness.execute(createCredential, { kind: 'api-key', name: 'ci', scope: 'full' }, { actor: reader }),
      () => harness.execute(revokeCredential, {}, { actor: reader }),
      () => harness.execute(updateUser, { username: 'another' }, { actor: reader }),
    ];
    for (const command of commands) {
      await expect(command()).rejects.toMatchObject({ problem: { kind: 'forbidden', code: 'read_only' } });
    }
    const page = await harness.query(listCredentials, { kind: 'api-key', page: 1, limit: 10 }, { actor: reader });
    expect(page.total).toBe(0);
  });
});
