import { deleteApp, getMetrics, type GetMetrics, stopApp } from '@slipway/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Fixture, lee, problemOf, startFixture } from '../fixture/deployments.js';
import { SampleMetrics } from './sample-metrics.js';

const METRICS = 'pods.metrics.k8s.io';

describe('getMetrics', () => {
  let fixture: Fixture;
  beforeAll(async () => (fixture = await startFixture()));
  afterAll(() => fixture.close());
  afterEach(() => fixture.embedded.faults.clear());

  const sample = () => fixture.service.app.get(SampleMetrics).sample();
  const metrics = (id: string, more: Partial<GetMetrics> = {}) => fixture.query(getMetrics, { app: { id }, ...more });
  const running = async (replicas = 1) => {
    const container = { resources: { cpuRequest: '200m', memoryRequest: '64Mi', cpuLimit: '1', memoryLimit: '1Gi' } };
    const { id } = await fixture.create({ replicas, container });
    await fixture.until(id, 'running');
    await sample();
    return id;
  };

  it('sums up what the pods use, beside what they ask for and may have', async () => {
    const id = await running(2);
    const other = await running();
    const { sample: newest, history } = await metrics(id);
    expect(newest).toEqual({
      time: expect.stringMatching(/Z$/),
      windowMs: 15_000,
      cpu: { usageMillicores: 40, requestMillicores: 400, limitMillicores: 2_000 },
      memory: { usageBytes: 64 * 2 ** 20, requestBytes: 128 * 2 ** 20, limitBytes: 2 * 2 ** 30 },
      pods: [
        { name: expect.any(String), cpuMillicores: 20, memoryBytes: 32 * 2 ** 20 },
        { name: expect.any(String), cpuMillicores: 20, memoryBytes: 32 * 2 ** 20 },
      ],
    });
    expect(history).toBeNull();
    expect((await metrics(other)).sample?.pods).toHaveLength(1);
  });

  it('has a history when a range is asked for', async () => {
    const id = await running();
    const { history } = await metrics(id, {
      from: new Date(Date.now() - 60_000).toISOString(),
      resolutionSeconds: 3_600,
    });
    expect(history).toEqual([{ time: expect.any(String), cpuMillicores: 20, memoryBytes: 32 * 2 ** 20 }]);
    expect((await metrics(id, { from: new Date(Date.now() + 60_000).toISOString() })).history).toEqual([]);
    expect((await metrics(id, { to: new Date(Date.now() - 60_000).toISOString() })).history).toEqual([]);
  });

  it('has no sample of an App that does not run, and keeps its history', async () => {
    const id = await running();
    await fixture.execute(stopApp, { app: { id } });
    await fixture.until(id, 'stopped');
    await sample();
    expect(await metrics(id)).toEqual({ sample: null, history: null });
    expect((await metrics(id, { to: new Date().toISOString() })).history).toHaveLength(1);
  });

  it('answers at once, and with what was seen last, while the cluster is silent', async () => {
    const id = await running();
    fixture.embedded.faults.add({ resource: METRICS, delayMs: 60_000, times: 100 });
    expect((await metrics(id)).sample).not.toBeNull();
  });

  it('forgets nothing and logs nothing when the metrics are away for a moment', async () => {
    const id = await running();
    const before = fixture.lines.length;
    fixture.embedded.faults.add({ resource: METRICS, status: 503, times: 100 });
    for (let count = 0; count < 3; count += 1) await sample();
    expect(fixture.lines.slice(before)).toEqual([]);
    expect((await metrics(id)).sample).not.toBeNull();
  });

  it('is empty on a cluster that never had them', async () => {
    const without = await startFixture({}, { metrics: false });
    try {
      const { id } = await without.create();
      await without.until(id, 'running');
      await without.service.app.get(SampleMetrics).sample();
      const range = { from: new Date(0).toISOString() };
      expect(await without.query(getMetrics, { app: { id }, ...range })).toEqual({ sample: null, history: [] });
      expect(without.lines.filter(({ msg }) => String(msg).includes('metrics'))).toEqual([]);
    } finally {
      await without.close();
    }
  });

  it('S7 answers a stranger as it answers for an App that is going', async () => {
    const { id } = await fixture.create();
    const foreign = await problemOf(fixture.query(getMetrics, { app: { id } }, lee));
    await fixture.execute(deleteApp, { app: { id } });
    expect(foreign).toMatchObject({ kind: 'not_found', noun: 'app' });
    expect(await problemOf(metrics(id))).toEqual(foreign);
  });
});
