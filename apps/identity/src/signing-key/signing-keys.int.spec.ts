import { listSigningKeys, openCredential } from '@slipway/contracts';
import type { Harness } from '@slipway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

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
    const [head = ''] = accessToken?.value.split('.') ?? [];
    return (JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>).kid;
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

  await age(first, 90 * DAY_MS + MINUTE_MS);
  expect(await signsWith()).toBe(second);
  expect(new Set(await published())).toEqual(new Set([first, second]));

  await age(first, 90 * DAY_MS + 121 * MINUTE_MS);
  expect(await published()).toEqual([second]);
});
