import { startHarness, waitFor, type Harness } from '@slipway/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { helmReleases } from './index.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ service: helmReleases });
});
afterAll(() => harness.close());

it('is ready while its broker is there, and names the broker when it is away', async () => {
  expect(await harness.readiness()).toMatchObject({ ready: true });
  await harness.haltBroker();
  const broken = await waitFor(async () => {
    const { ready, checks } = await harness.readiness();
    return !ready && checks;
  });
  expect(broken['nats']).toMatch(/NATS_URL/);
  await harness.resumeBroker();
});
