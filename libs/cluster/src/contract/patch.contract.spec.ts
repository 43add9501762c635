import type { CaseClient } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

async function prepare({ unrecorded }: CaseClient): Promise<void> {
  await unrecorded.post('v1/configmaps', { metadata: { name: 'a', labels: { app: 'web' } }, data: { x: '1', y: '2' } });
}

contract(import.meta.url, (it) => {
  it('merges', async (api) => {
    await prepare(api);
    await api.mergePatch('v1/configmaps/a', { data: { x: null, z: '3' }, metadata: { annotations: { note: 'b' } } });
    await api.mergePatch('v1/configmaps/a', { data: null });
    await api.mergePatch('v1/configmaps/a', { metadata: { labels: null, annotations: { note: null } } });
  });

  it('writes nothing when a patch changes nothing', async (api) => {
    await prepare(api);
    await api.get('v1/configmaps/a');
    await api.mergePatch('v1/configmaps/a', {});
    await api.mergePatch('v1/configmaps/a', { data: { x: '1' } });
    await api.strategicPatch('v1/configmaps/a', { data: { x: '1' } });
    await api.jsonPatch('v1/configmaps/a', [{ op: 'replace', path: '/data/x', value: '1' }]);
    await api.jsonPatch('v1/configmaps/a', []);
  });

  it('refuses a stale version in a patch, and takes the current one', async (api) => {
    await prepare(api);
    const { body } = await api.get('v1/configmaps/a');
    const { resourceVersion } = body.metadata;
    await api.mergePatch('v1/configmaps/a', { metadata: { resourceVersion }, data: { x: '2' } });
    await api.mergePatch('v1/configmaps/a', { metadata: { resourceVersion }, data: { x: '3' } });
    await api.mergePatch('v1/configmaps/a', {
      metadata: { uid: '9a2b6b24-5a54-4a31-8f63-d2d9d8f2d6aa' },
      data: { x: '3' },
    });
  });

  it('refuses a patch that changes the identity', async (api) => {
    await prepare(api);
    await api.mergePatch('v1/configmaps/a', { metadata: { name: 'b' } });
    await api.mergePatch('v1/configmaps/a', { metadata: { namespace: 'default' } });
    await api.mergePatch('v1/configmaps/a', { apiVersion: 'v2' });
  });

  it('refuses what is no merge patch', async (api) => {
    await prepare(api);
    await api.mergePatch('v1/configmaps/a', '{');
    await api.mergePatch('v1/configmaps/a', '[]');
    await api.mergePatch('v1/configmaps/a', '"x"');
    await api.mergePatch('v1/configmaps/a', '');
  });

  it('carries out the operations of a JSON patch in order', async (api) => {
    await prepare(api);
    await api.jsonPatch('v1/configmaps/a', [
      { op: 'test', path: '/data/x', value: '1' },
      { op: 'replace', path: '/data/x', value: '2' },
      { op: 'add', path: '/data/z', value: '3' },
      { op: 'copy', from: '/data/z', path: '/data/w' },
      { op: 'move', from: '/data/y', path: '/data/v' },
      { op: 'remove', path: '/data/z' },
      { op: 'add', path: '/metadata/annotations', value: { 'example.com/a': 'b' } },
      { op: 'replace', path: '/metadata/annotations/example.com~1a', value: 'c' },
    ]);
  });

  it('refuses a JSON patch that cannot be carried out, and changes nothing', async (api) => {
    await prepare(api);
    await api.jsonPatch('v1/configmaps/a', [{ op: 'test', path: '/data/x', value: '2' }]);
    await api.jsonPatch('v1/configmaps/a', [{ op: 'replace', path: '/data/q', value: '2' }]);
    await api.jsonPatch('v1/configmaps/a', [{ op: 'remove', path: '/data/q' }]);
    await api.jsonPatch('v1/configmaps/a', [{ op: 'add', path: '/nothing/q', value: '2' }]);
    await api.jsonPatch('v1/configmaps/a', [{ op: 'copy', from: '/data/q', path: '/data/r' }]);
    await api.jsonPatch('v1/configmaps/a', [{ op: 'other', path: '/data/x' }]);
    await api.jsonPatch('v1/configmaps/a', { op: 'add', path: '/data/x', value: '2' });
    await api.jsonPatch('v1/configmaps/a', '{');
    await api.get('v1/configmaps/a');
  });

  it('refuses a patch that makes the object invalid', async (api) => {
    await prepare(api);
    await api.mergePatch('v1/configmaps/a', { metadata: { labels: { app: 'x y' } } });
    await api.strategicPatch('v1/configmaps/a', { metadata: { labels: { app: 'x y' } } });
    await api.jsonPatch('v1/configmaps/a', [{ op: 'add', path: '/metadata/labels/app', value: 'x y' }]);
  });

  it('only pretends in a dry run', async (api) => {
    await prepare(api);
    await api.mergePatch('v1/configmaps/a?dryRun=All', { data: { x: '2' } });
    await api.get('v1/configmaps/a');
  });

  it('names the manager of what it changes, and takes it from the one before', async (api) => {
    await prepare(api);
    await api.mergePatch('v1/configmaps/a?fieldManager=one', { data: { x: '2', z: '1' } });
    await api.mergePatch('v1/configmaps/a?fieldManager=two', { data: { x: '3' } });
    await api.mergePatch('v1/configmaps/a?fieldManager=two', { data: { z: null } });
    await api.mergePatch('v1/configmaps/a', { metadata: { managedFields: [] } });
    await api.mergePatch('v1/configmaps/a', { metadata: { managedFields: [{}] } });
  });
});
