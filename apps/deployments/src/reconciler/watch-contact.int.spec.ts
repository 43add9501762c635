import { randomUUID } from 'node:crypto';

import { deleteApp, type Envelope, scaleApp, stopApp } from '@slipway/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { CreateAppHandler } from '../app/create-app.js';
import { ScaleAppHandler } from '../app/scale-app.js';
import { appInput, eventually, type Fixture, kim, startFixture } from '../fixture/deployments.js';

describe('a cluster that is away', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.close());

  it('is told on every App within ten seconds, and since when; commands go on, and are done when it is back', async () => {
    const kept = await fixture.until((await fixture.create()).id, 'running');
    const stopped = await fixture.until((await fixture.create()).id, 'running');
    const deleted = await fixture.until((await fixture.create()).id, 'running');

    const before = Date.now();
    await fixture.stopCluster();
    await eventually(async () => expect((await fixture.get(kept.id)).status.reason).toBe('ClusterUnreachable'));
    const { status } = await fixture.get(kept.id);
    expect(status).toMatchObject({ phase: 'running', counts: kept.status.counts, observedAt: kept.status.observedAt });
    const [since = ''] = /since (\S+);/.exec(status.message)?.slice(1) ?? [];
    expect(Math.abs(Date.parse(since) - before)).toBeLessThan(5_000);

    const made = await fixture.create();
    await fixture.execute(scaleApp, { app: { id: kept.id }, replicas: 2, start: true });
    const off = await fixture.execute(stopApp, { app: { id: stopped.id } });
    expect(off.status).toMatchObject({ phase: 'stopping', reason: 'ClusterUnreachable' });
    await fixture.execute(deleteApp, { app: { id: deleted.id } });
    await eventually(async () =>
      expect((await fixture.get(made.id)).status).toMatchObject({ phase: 'pending', reason: 'ClusterUnreachable' }),
    );
    // Nobody can know that the cluster is clean of it.
    expect((await fixture.get(deleted.id)).status.phase).toBe('deleting');

    await fixture.startCluster();
    await eventually(async () => {
      expect((await fixture.get(kept.id)).status).toMatchObject({ phase: 'running', reason: '', counts: { ready: 2 } });
      expect((await fixture.get(made.id)).status).toMatchObject({ phase: 'running', reason: '', message: '' });
      expect((await fixture.get(stopped.id)).status).toMatchObject({ phase: 'stopped', reason: '' });
      await expect(fixture.get(deleted.id)).rejects.toThrow('There is no app');
    }, 20_000);
    expect(fixture.lines.filter(({ level }) => level === 'error')).toEqual([]);
  }, 60_000);

  it('keeps nothing from starting', async () => {
    const { id } = await fixture.until((await fixture.create()).id, 'running');
    await fixture.stopCluster();
    await fixture.restart();
    expect((await fixture.get(id)).id).toBe(id);
    const made = await fixture.create();
    await fixture.startCluster();
    await fixture.until(made.id, 'running');
    await fixture.until(id, 'running');
  }, 60_000);
});

describe('several replicas', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture();
  });
  afterAll(() => fixture.close());

  it('reconcile one at a time; another takes over from one that ends', async () => {
    const holder = async (): Promise<string | undefined> => {
      const lease = { kind: 'Lease', namespace: 'slipway-system', name: 'slipway-deployments' } as const;
      return (await fixture.cluster.get(lease))?.spec?.holderIdentity;
    };
    await eventually(async () => expect(await holder()).toBeTruthy());
    const first = await holder();
    const other = await fixture.replica();
    try {
      // Committed by the replica that does not reconcile: only the clock of the other one finds it.
      const envelope = (): Envelope => ({
        messageId: randomUUID(),
        operationId: randomUUID(),
        correlationId: randomUUID(),
        actor: kim,
      });
      const app = await other.app.get(CreateAppHandler).handle(appInput(), envelope());
      await fixture.until(app.id, 'running');
      await other.app.get(ScaleAppHandler).handle({ app: { id: app.id }, replicas: 2, start: true }, envelope());
      await eventually(async () => expect((await fixture.get(app.id)).status.counts.ready).toBe(2));
      expect(await holder()).toBe(first);
      await fixture.service.close();
      const { id } = await fixture.create();
      await fixture.until(id, 'running');
      expect(await holder()).not.toBe(first);
    } finally {
      await other.close();
    }
  }, 60_000);
});
