import { createCredential, refreshSession, requestReset, updateUser } from '@slipway/contracts';
import type { Refusal } from '@slipway/messaging';
import { crowdAt, type Harness } from '@slipway/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { givenUser, type Registered, startIdentity } from './fixture/identity-harness.js';

describe('fifty at once on one account', () => {
  let harness: Harness;
  let owner: DataSource;
  beforeAll(async () => {
    harness = await startIdentity();
    owner = await new DataSource({ type: 'postgres', url: harness.ownerUrl }).initialize();
  });
  afterAll(async () => {
    await owner.destroy();
    await harness.close();
  });

  const user = `select 1 from identity."user" where id = $1 for update`;
  const token = `select 1 from identity.refresh_token r join identity.credential c on c.id = r."sessionId" where c."userId" = $1 for update of r`;
  const timeoutMs = 30_000;
  const nobody = { actor: undefined, timeoutMs };

  it.each<[string, string, (kim: Registered) => Promise<unknown>]>([
    ['updateUser', user, ({ actor }) => harness.execute(updateUser, {}, { actor, timeoutMs })],
    [
      'createCredential',
      user,
      ({ actor }) =>
        harness.execute(createCredential, { kind: 'api-key', name: 'ci', scope: 'full' }, { actor, timeoutMs }),
    ],
    [
      'refreshSession',
      token,
      ({ refreshDigest }) => harness.execute(refreshSession, { digest: refreshDigest }, nobody),
    ],
    ['requestReset', user, (kim) => harness.execute(requestReset, { email: kim.user.email }, nobody)],
  ])('leave connections for others (%s)', async (_, lock, call) => {
    const [kim, lee] = [await givenUser(harness), await givenUser(harness)];
    const crowd = await crowdAt(owner, {
      lock,
      values: [kim.user.id],
      call: () => call(kim),
      other: () => harness.execute(updateUser, {}, { actor: lee.actor }),
    });
    expect(crowd.other).toMatchObject({ id: lee.user.id });
    const refused = crowd.fifty.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Refusal).problem] : []));
    expect(refused).toEqual([]);
  });
});
