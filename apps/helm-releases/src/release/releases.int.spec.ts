import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import type { CleanConnection } from '@slipway/cluster';
import { getRelease, getReleaseHistory, listNamespaces, listReleases, type ListReleases } from '@slipway/contracts';
import type { Refusal } from '@slipway/messaging';
import type { Harness } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HelmCluster, recordOf } from '../fixture/helm-cluster.js';

let helm: HelmCluster;
let harness: Harness;

beforeAll(async () => {
  helm = await HelmCluster.start(['billing', 'shop']);
  ({ harness } = helm);
  await helm.put('secret', 'billing/ledger.1 superseded', '2020-10-01T09:00:00Z');
  await helm.put('secret', 'billing/ledger.2 deployed', '2020-10-06T12:30:00.9Z');
  await helm.put('secret', 'shop/web.10 failed', '2020-10-06T12:30:00.1Z');
  await helm.put('secret', 'shop/web.9 deployed', '2020-10-02T00:00:00Z');
  await helm.put('secret', 'shop/mailer.1 deployed', '2020-10-03T00:00:00Z');
  await helm.put('configmap', 'shop/other.1 deployed', '2020-10-01T09:00:00Z');
});
afterAll(() => helm.close());

const asked = (more: Partial<ListReleases> = {}): ListReleases => ({
  ...{ context: 'harbour', storage: 'secret', namespace: '' },
  ...more,
});
const list = async (more: Partial<ListReleases> = {}) =>
  JSON.parse((await harness.query(listReleases, asked(more), { timeoutMs: 10_000 })).json) as {
    name: string;
    version: number;
  }[];
const names = async (more: Partial<ListReleases> = {}) =>
  (await list(more)).map(({ name, version }) => `${name}.${version}`);
const read = async (name: string, revision = 0, namespace = '') =>
  JSON.parse(
    (await harness.query(getRelease, { context: 'harbour', storage: 'secret', namespace, name, revision })).json,
  ) as { version: number };

describe('releases in a cluster', () => {
  it('are listed at their highest revision, from Secrets or ConfigMaps', async () => {
    expect(await names()).toEqual(['ledger.2', 'mailer.1', 'web.10']);
    expect(await names({ storage: 'configmap' })).toEqual(['other.1']);
    expect(await names({ namespace: 'billing' })).toEqual(['ledger.2']);
    expect(await names({ only: 'shop' })).toEqual(['mailer.1', 'web.10']);
    expect(await names({ namespace: 'billing', only: 'shop' })).toEqual([]);
    expect(await names({ statuses: ['superseded'] })).toEqual(['ledger.1']);
    expect(await names({ statuses: [] })).toEqual([]);
  });

  it('are paged, and ordered by their last deployment where that is asked', async () => {
    expect(await names({ skip: 1, limit: 1 })).toEqual(['mailer.1']);
    expect(await names({ skip: -5, limit: 2 })).toEqual(['ledger.2', 'mailer.1']);
    expect(await names({ skip: 3 })).toEqual([]);
    // Of one second, so in the order of names.
    expect(await names({ byDate: true })).toEqual(['mailer.1', 'ledger.2', 'web.10']);
    expect(await names({ byDate: true, skip: 1, limit: 1 })).toEqual(['ledger.2']);
  });

  it('are read by name and revision, and whole', async () => {
    expect(await read('ledger')).toEqual(recordOf('billing/ledger.2 deployed', '2020-10-06T12:30:00.9Z'));
    expect(await read('ledger', 1)).toMatchObject({ version: 1 });
    expect(await read('web')).toMatchObject({ version: 9 });
    for (const [name, revision, namespace] of [
      ['ledger', 3, ''],
      ['ledger', 0, 'shop'],
      ['nobody', 0, ''],
      ['web,owner=helm', 0, ''],
    ] as const)
      await expect(read(name, revision, namespace)).rejects.toMatchObject({
        problem: { kind: 'not_found', noun: 'release' },
      });
    const history = { context: 'harbour', storage: 'secret' as const, namespace: '', name: 'web' };
    const revisions = JSON.parse((await harness.query(getReleaseHistory, history)).json) as { version: number }[];
    expect(revisions.map(({ version }) => version)).toEqual([9, 10]);
    await expect(harness.query(getReleaseHistory, { ...history, name: 'nobody' })).rejects.toMatchObject({
      problem: { kind: 'not_found' },
    });
  });

  it('that cannot be read are left out of lists, and told when they are asked for', async () => {
    await helm.write('secret', recordOf('shop/broken.1 deployed', ''), 'no base64 of anything');
    expect(await names({ only: 'shop' })).toEqual(['mailer.1', 'web.10']);
    expect(await names({ only: 'shop', limit: 1 })).toEqual(['mailer.1']);
    await expect(read('broken')).rejects.toMatchObject({
      problem: { kind: 'unavailable', noun: 'release', code: 'undecodable' },
    });
    await helm.cluster.delete({ kind: 'Secret', namespace: 'shop', name: 'sh.helm.release.v1.broken.v1' });
  });

  it('are read again when they have changed', async () => {
    expect(await read('mailer')).not.toHaveProperty('manifest');
    await helm.put('secret', 'shop/mailer.1 deployed', '2020-10-03T00:00:00Z', { manifest: 'kind: Service' });
    expect(await read('mailer')).toMatchObject({ manifest: 'kind: Service' });
  });

  it('may be more than one message holds', async () => {
    const manifest = 'é'.repeat(500_000);
    for (let number = 1; number <= 8; number += 1)
      await helm.put('configmap', `billing/big${number}.1 deployed`, '2020-10-01T09:00:00Z', { manifest });
    const all = await list({ storage: 'configmap', namespace: 'billing' });
    expect(all).toHaveLength(8);
    expect(all.every((release) => 'manifest' in release && release.manifest === manifest)).toBe(true);
  });

  it('are nobody’s without a context', async () => {
    await expect(names({ context: 'nowhere' })).rejects.toMatchObject({
      problem: { kind: 'invalid', code: 'cluster_context' },
    });
    expect(await names({ context: 'nowhere', storage: 'memory' })).toEqual([]);
  });

  it('come with the namespaces that there are', async () => {
    const { names: all } = await harness.query(listNamespaces, { context: 'harbour' });
    expect(all).toEqual(expect.arrayContaining(['billing', 'default', 'kube-system', 'shop']));
  });
});

describe('a cluster in trouble', () => {
  const clean = (more: Partial<CleanConnection>): CleanConnection => ({
    ...helm.connection,
    ...more,
  });
  const trouble = async (more: Partial<CleanConnection>): Promise<unknown> => {
    helm.contexts.set('trouble', clean(more));
    return names({ context: 'trouble' }).catch((error: unknown) => (error as Refusal).problem);
  };

  it.each([
    ['nobody listens', { server: 'https://127.0.0.1:1' }, 'cluster unreachable: nobody listens at its address'],
    [
      'its certificate is another’s',
      { certificateAuthority: undefined },
      'cluster unreachable: its certificate is not trusted',
    ],
    ['its token is another’s', { token: 'wrong' }, 'cluster refused the credentials'],
  ])('is told as such when %s', async (_, more, text) => {
    expect(await trouble(more)).toMatchObject({ kind: 'unavailable', noun: 'cluster_context', text });
  });

  it('is told in time when it is silent, while others are answered', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const port = (silent.address() as AddressInfo).port;
      const begun = performance.now();
      const asked = trouble({ server: `https://127.0.0.1:${port}` });
      expect(await names()).toContain('web.10');
      expect(performance.now() - begun).toBeLessThan(2_000);
      expect(await asked).toMatchObject({ text: 'cluster unreachable: it did not answer in time' });
      expect(performance.now() - begun).toBeLessThan(9_000);
    } finally {
      silent.close();
    }
  }, 20_000);

  it('is never reached where the address is one of a network that nobody allowed', async () => {
    expect(await trouble({ server: 'https://169.254.169.254' })).toMatchObject({
      kind: 'invalid',
      code: 'cluster_context',
      text: 'the server address is not allowed',
    });
  });
});
