import {
  checkCredential,
  createCredential,
  listSigningKeys,
  openCredential,
  refreshSession,
  type AccessToken,
} from '@slipway/contracts';
import type { Harness } from '@slipway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { digestOf } from '../credential/api-key.js';
import { freshValue, givenUser, startIdentity } from '../fixture/identity-harness.js';
import { SigningKeyEntity } from './signing-key.entity.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startIdentity();
});
afterAll(() => harness.close());

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
const nobody = { actor: undefined };

const published = async (): Promise<string[]> =>
  (await harness.query(listSigningKeys, {}, nobody)).keys.map(({ kid }) => kid);

function partOf(token: AccessToken | null | undefined, part: 0 | 1): Record<string, unknown> {
  return JSON.parse(Buffer.from(token?.value.split('.')[part] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** Lets a key be of this age, and every replica see it. */
async function age(kid: string | undefined, ageMs: number): Promise<void> {
  await harness.dataSource.getRepository(SigningKeyEntity).update({ kid }, { createdAt: new Date(Date.now() - ageMs) });
  await harness.stop();
  await harness.start();
}

it('a signing key has its successor published an hour before it ends, signs till then, and is known for two hours more', async () => {
  const kim = await givenUser(harness);
  const signsWith = async (): Promise<unknown> => {
    const login = { email: kim.user.email, password: kim.password, address: '192.0.2.1' };
    const { accessToken } = await harness.execute(
      openCredential,
      { ...login, kind: 'session', digest: freshValue().digest },
      nobody,
    );
    return partOf(accessToken, 0).kid;
  };
  const [first] = await published();
  await age(first, 90 * DAY_MS - 61 * MINUTE_MS);
  expect(await signsWith()).toBe(first);
  expect(await published()).toEqual([first]);

  await age(first, 90 * DAY_MS - 59 * MINUTE_MS);
  expect(await signsWith()).toBe(first);
  const both = await published();
  expect(both).toHaveLength(2);
  const second = both.find((kid) => kid !== first);
  await age(first, 90 * DAY_MS - MINUTE_MS);
  expect(await signsWith()).toBe(first);

  await age(first, 90 * DAY_MS + MINUTE_MS);
  expect(await signsWith()).toBe(second);
  expect(new Set(await published())).toEqual(new Set([first, second]));

  await age(first, 90 * DAY_MS + 121 * MINUTE_MS);
  expect(await published()).toEqual([second]);
});

it('a new JWT_SECRET ends the keys of the old one, and neither refresh tokens nor API keys', async () => {
  const kim = await givenUser(harness);
  const refreshed = async () =>
    (await harness.execute(refreshSession, { digest: kim.refreshDigest }, nobody)).accessToken;
  const key = { kind: 'api-key', name: 'ci', scope: 'full' } as const;
  const { value } = await harness.execute(createCredential, key, { actor: kim.actor });
  const before = await published();
  expect(before).toContain(partOf(await refreshed(), 0).kid);

  await harness.stop();
  await harness.start({ JWT_SECRET: 'another secret, of thirty-two bytes, too' });
  const after = await published();
  expect(after.filter((kid) => before.includes(kid))).toEqual([]);
  expect(after).toEqual([partOf(await refreshed(), 0).kid]);
  await expect(harness.query(checkCredential, { digest: digestOf(value) }, nobody)).resolves.toBeDefined();
});

it('an access token lives as long as JWT_EXPIRES_IN says, an hour unless told otherwise', async () => {
  const lifeOf = async (): Promise<unknown> => {
    const kim = await givenUser(harness);
    const { iat, exp } = partOf(kim.accessToken, 1);
    expect(kim.accessToken?.expiresAt).toBe(new Date(Number(exp) * 1000).toISOString());
    expect(Math.abs(Number(iat) * 1000 - Date.now())).toBeLessThan(5_000);
    return Number(exp) - Number(iat);
  };
  expect(await lifeOf()).toBe(3_600);
  await harness.stop();
  await harness.start({ JWT_EXPIRES_IN: '120' });
  expect(await lifeOf()).toBe(120);
});

it('is one key when many ask at once and there is none yet', async () => {
  await harness.dataSource.query('delete from signing_key');
  await harness.stop();
  await harness.start();
  await Promise.all(Array.from({ length: 5 }, published));
  expect(await published()).toHaveLength(1);
});
