import { AdminServer, createLogger, type RunningService, startService } from '@slipway/runtime';
import { startNatsForTest, waitFor } from '@slipway/testing';
import { afterEach, describe, expect, it } from 'vitest';

import { helmReleases } from './index.js';

describe('helm-releases', () => {
  const adminServer = new AdminServer();
  const stops: (() => Promise<void>)[] = [];
  const readyz = async () => {
    const answer = await adminServer.answer('/readyz');
    return { status: answer?.status, body: JSON.parse(answer?.body ?? '{}') as { broken: { dependency: string }[] } };
  };

  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  it('starts, is ready while its broker is there, and names the broker when it is away', async () => {
    const nats = await startNatsForTest();
    stops.push(() => nats.stop());
    const running: RunningService = await startService(helmReleases, {
      env: { NATS_URL: nats.url },
      adminServer,
      logger: createLogger({ level: 'fatal' }),
      signals: false,
    });
    stops.push(() => running.close());
    await running.ready;
    expect(await readyz()).toMatchObject({ status: 200 });

    await nats.stop();
    const broken = await waitFor(async () => {
      const { status, body } = await readyz();
      return status === 503 ? body.broken : undefined;
    });
    expect(broken.map(({ dependency }) => dependency)).toContain('nats');
  });
});
