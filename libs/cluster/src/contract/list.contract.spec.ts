import { expect } from 'vitest';

import type { CaseClient } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

/** Three of them; none is the certificate that every namespace has. */
async function prepare({ unrecorded }: CaseClient): Promise<void> {
  await unrecorded.post('v1/configmaps', { metadata: { name: 'a', labels: { app: 'web', tier: 'front' } } });
  await unrecorded.post('v1/configmaps', { metadata: { name: 'b', labels: { app: 'web' } } });
  await unrecorded.post('v1/configmaps', { metadata: { name: 'c', labels: { app: 'api', tier: '' } } });
}

const names = ({ items = [] }: { items?: readonly { metadata: { name: string } }[] }): string[] =>
  items.map(({ metadata }) => metadata.name);

contract(import.meta.url, (it) => {
  it('lists a namespace', async (api) => {
    await prepare(api);
    await api.get('v1/configmaps');
    await api.get('apps/v1/deployments');
  });

  it('selects by labels', async (api) => {
    await prepare(api);
    for (const selector of [
      'app=web',
      'app==web',
      'app!=web,app',
      'app in (web, api),tier',
      'app notin (web),app',
      'app,!tier',
      'tier=,app',
      'app,tier!=front',
      ' app = web ',
      'app=web,,',
    ]) {
      await api.get(`v1/configmaps?labelSelector=${encodeURIComponent(selector)}`);
    }
  });

  it('refuses malformed label selectors', async (api) => {
    for (const selector of [
      'app=web=x',
      'app in web',
      'app in (web',
      '=web',
      'app=x y',
      '(app)',
      'a b',
      'app in ()',
      `app=${'x'.repeat(64)}`,
      'a/b/c=x',
      'app>x',
      ',',
    ]) {
      await api.get(`v1/configmaps?labelSelector=${encodeURIComponent(selector)}`);
    }
  });

  it('compares labels as numbers', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a', labels: { size: '5' } } });
    await api.get(`v1/configmaps?labelSelector=${encodeURIComponent('size>4')}`);
    await api.get(`v1/configmaps?labelSelector=${encodeURIComponent('size<5')}`);
  });

  it('selects by fields', async (api) => {
    await prepare(api);
    await api.get('v1/configmaps?fieldSelector=metadata.name%3Da');
    await api.get('v1/configmaps?fieldSelector=metadata.name%3D%3Da');
    await api.get('v1/configmaps?labelSelector=app&fieldSelector=metadata.name!%3Da');
    await api.get(
      `v1/configmaps?labelSelector=app&fieldSelector=${encodeURIComponent(`metadata.namespace=${api.namespace},metadata.name=b`)}`,
    );
    await api.get(
      `/api/v1/configmaps?fieldSelector=${encodeURIComponent(`metadata.namespace=${api.namespace},metadata.name=b`)}`,
    );
    await api.unrecorded.post('v1/secrets', { metadata: { name: 's' }, type: 'example.com/x' });
    await api.get(`v1/secrets?fieldSelector=${encodeURIComponent('type=example.com/x')}`);
  });

  it('refuses fields that a kind does not offer, and malformed field selectors', async (api) => {
    await api.get('v1/configmaps?fieldSelector=data.x%3D1');
    await api.get('v1/pods?fieldSelector=spec.x%3D1');
    await api.get('apps/v1/deployments?fieldSelector=status.replicas%3D1');
    await api.get('v1/configmaps?fieldSelector=metadata.name');
    await api.get('v1/configmaps?fieldSelector=%3Da');
  });

  it('gives pages, all of the moment of the first', async (api) => {
    await prepare(api);
    const first = await api.get('v1/configmaps?labelSelector=app&limit=2');
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'd', labels: { app: 'late' } } });
    const second = await api.get(`v1/configmaps?labelSelector=app&limit=2&continue=${first.body.metadata.continue}`);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const all = await api.get('v1/configmaps?limit=2');
    const rest = await api.get(`v1/configmaps?limit=2&continue=${all.body.metadata.continue}`);
    expect([...names(all.body), ...names(rest.body)]).toEqual(['a', 'b', 'c', 'd']);
    await api.get(`v1/configmaps?limit=10&continue=${rest.body.metadata.continue}`);
  });

  it('refuses malformed tokens, limits and versions', async (api) => {
    await api.get('v1/configmaps?limit=2&continue=x');
    await api.get('v1/configmaps?limit=x');
    await api.get('v1/configmaps?limit=-1');
    await api.get('v1/configmaps?resourceVersion=x');
    await prepare(api);
    const first = await api.unrecorded.get('v1/configmaps?labelSelector=app&limit=2');
    await api.get(`v1/configmaps?labelSelector=app&limit=2&resourceVersion=1&continue=${first.body.metadata.continue}`);
  });

  it('lists at a version: not older than, exactly, and not yet', async (api) => {
    await prepare(api);
    const before = await api.unrecorded.get('v1/configmaps');
    const { resourceVersion } = before.body.metadata;
    await api.unrecorded.delete('v1/configmaps/a');
    await api.get(`v1/configmaps?labelSelector=app&resourceVersion=0&resourceVersionMatch=NotOlderThan&limit=0`);
    await api.get(`v1/configmaps?labelSelector=app&resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
    await api.get(`v1/configmaps?labelSelector=app&resourceVersionMatch=Exact`);
    await api.get(`v1/configmaps?labelSelector=app&resourceVersion=0&resourceVersionMatch=Exact`);
    await api.get(`v1/configmaps?labelSelector=app&resourceVersion=${resourceVersion}&resourceVersionMatch=Other`);
  });

  it('reads an object at a version', async (api) => {
    await prepare(api);
    await api.get('v1/configmaps/a?resourceVersion=0');
    await api.get('v1/configmaps/a?resourceVersion=x');
  });

  it('leaves out what objects hold where only their metadata is asked for', async (api) => {
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
    await api.unrecorded.post('v1/secrets', {
      metadata: { name: 'a', labels: { owner: 'helm' } },
      type: 'helm.sh/release.v1',
      stringData: { release: 'x' },
    });
    await api.unrecorded.post('v1/configmaps', {
      metadata: { name: 'b', labels: { owner: 'helm' } },
      data: { x: '1' },
    });
    await api.get('v1/secrets?labelSelector=owner%3Dhelm&limit=500', { accept });
    await api.get('v1/configmaps?labelSelector=owner%3Dhelm&limit=500', { accept });
    await api.get('v1/secrets?labelSelector=owner%3Dnobody&limit=500', { accept });
  });
});
