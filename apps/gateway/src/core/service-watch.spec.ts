import { operations, problem, ServiceName } from '@slipway/contracts';
import type { Bus } from '@slipway/messaging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ReplayedCore } from '../fixture/replayed-core.js';
import { ServiceWatch } from './service-watch.js';

describe('ServiceWatch', () => {
  let core: ReplayedCore;
  let watch: ServiceWatch;

  const refuse = (service: ServiceName, with_: ReturnType<typeof problem.invalid>): void => {
    for (const operation of operations) if (operation.service === service) core.refuses(operation, with_);
  };
  const well = (service: ServiceName): void => refuse(service, problem.invalid('request', 'empty'));
  const silent = (service: ServiceName): void => refuse(service, problem.unavailable('service', 'no answer'));

  beforeEach(async () => {
    vi.useFakeTimers();
    core = new ReplayedCore();
    for (const service of Object.values(ServiceName)) well(service);
    watch = new ServiceWatch(core as unknown as Bus);
    watch.onModuleInit();
    await vi.advanceTimersByTimeAsync(0);
  });
  afterEach(() => {
    watch.onModuleDestroy();
    vi.useRealTimers();
  });

  it.each(['identity', 'catalog', 'deployments', 'logs', 'notifications'] as const)(
    'misses %s when it has been silent for ten seconds, until it answers again',
    async (service) => {
      silent(service);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(await watch.missing()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(await watch.missing()).toEqual([service]);
      well(service);
      expect(await watch.missing()).toEqual([]);
    },
  );

  it('misses the broker at once', async () => {
    core.connected = false;
    expect(await watch.missing()).toEqual(['nats']);
  });
});
