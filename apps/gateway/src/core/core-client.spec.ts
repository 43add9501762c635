import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { checkCredential, scaleApp } from '@slipway/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ReplayedCore } from '../fixture/replayed-core.js';
import { API_KEY, app, APP_ID, checked } from '../fixture/samples.js';
import { startGatewayOver, type TestGateway } from '../fixture/test-gateway.js';

describe('The time that a command has', () => {
  const core = new ReplayedCore();
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGatewayOver(core);
  });
  afterAll(() => gateway.close());
  beforeEach(() => {
    core.asked.length = 0;
    core.answers(scaleApp, ({ replicas }) => ({ app, old: 2, new: replicas }));
  });

  /** Sends the body so long after the rest of the request; resolves with the status. */
  const scale = (bodyAfterMs: number): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const body = '{"replicas":5}';
      const headers = {
        Authorization: `Bearer ${API_KEY}`,
        'Content-Type': 'application/json',
        'Content-Length': body.length,
        Prefer: 'wait=0',
      };
      const path = `/v1/deployments/${APP_ID}/scale`;
      const sent = request(gateway.url, { path, method: 'PATCH', headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      sent.on('error', reject).flushHeaders();
      setTimeout(() => sent.end(body), bodyAfterMs);
    });
  const given = (): number | undefined =>
    core.asked.find(({ subject }) => subject === scaleApp.subject)?.call.timeoutMs;

  it('is what the word on the credential has left of ten seconds', async () => {
    core.answers(checkCredential, async () => {
      await delay(400);
      return checked();
    });
    expect(await scale(0)).toBe(200);
    expect(given()).toBeLessThanOrEqual(9_600);
    expect(given()).toBeGreaterThan(8_000);
  });

  it('is not shortened by a client that takes its time to send the body', async () => {
    core.answers(checkCredential, () => checked());
    expect(await scale(1_500)).toBe(200);
    expect(given()).toBeGreaterThan(9_000);
  });
});
