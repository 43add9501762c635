import { expect } from 'vitest';

import { contract } from '../fixture/contract/contract.js';

const configMap = (name: string, labels: object = {}): object => ({ metadata: { name, labels } });

contract(import.meta.url, (it) => {
  it('follows every change after a version', async (api) => {
    const { unrecorded } = api;
    const { body } = await unrecorded.get('v1/configmaps');
    const watch = await api.watch(`v1/configmaps?resourceVersion=${body.metadata.resourceVersion}`);
    await unrecorded.post('v1/configmaps', configMap('a'));
    await unrecorded.mergePatch('v1/configmaps/a', { data: { x: '1' } });
    await unrecorded.mergePatch('v1/configmaps/a', { data: { x: '1' } });
    await unrecorded.delete('v1/configmaps/a');
    await unrecorded.post('v1/configmaps', configMap('b'));
    await watch.until((events) => events.length >= 4);
    const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
  });

  it('begins with what exists, without a version and at version 0', async (api) => {
    await api.unrecorded.post('v1/configmaps', configMap('a', { app: 'web' }));
    for (const version of ['', '&resourceVersion=0', '&resourceVersion=']) {
      const watch = await api.watch(`v1/configmaps?labelSelector=app${version}`);
      await watch.until((events) => events.length >= 1);
    }
  });

  it('resumes after the version of an event, without a gap or a repetition', async (api) => {
    const { unrecorded } = api;
    const { body } = await unrecorded.post('v1/configmaps', configMap('a', { app: 'web' }));
    await unrecorded.post('v1/configmaps', configMap('b', { app: 'web' }));
    await unrecorded.delete('v1/configmaps/a');
    const watch = await api.watch(`v1/configmaps?labelSelector=app&resourceVersion=${body.metadata.resourceVersion}`);
    await watch.until((events) => events.length >= 2);
  });

  it('shows objects that begin to match as added, and those that no longer do as deleted', async (api) => {
    const { unrecorded } = api;
    const watch = await api.watch(`v1/configmaps?labelSelector=${encodeURIComponent('app=web')}`);
    await unrecorded.post('v1/configmaps', configMap('a', { app: 'web' }));
    await unrecorded.post('v1/configmaps', configMap('b', { app: 'api' }));
    await unrecorded.mergePatch('v1/configmaps/a', { metadata: { labels: { app: 'api' } } });
    await unrecorded.mergePatch('v1/configmaps/b', { metadata: { labels: { app: 'web' } } });
    await unrecorded.mergePatch('v1/configmaps/b', { data: { x: '1' } });
    await unrecorded.mergePatch('v1/configmaps/a', { data: { x: '1' } });
    await unrecorded.delete('v1/configmaps/b');
    await watch.until((events) => events.length >= 5);
  });

  it('selects by fields', async (api) => {
    const { unrecorded } = api;
    const watch = await api.watch('v1/configmaps?fieldSelector=metadata.name%3Db');
    await unrecorded.post('v1/configmaps', configMap('a'));
    await unrecorded.post('v1/configmaps', configMap('b'));
    await unrecorded.delete('v1/configmaps/b');
    await watch.until((events) => events.length >= 2);
  });

  it('answers with the object to a watch of its path', async (api) => {
    await api.unrecorded.post('v1/configmaps', configMap('a'));
    await api.get('v1/configmaps/a?watch=true');
    await api.get('v1/configmaps/b?watch=true');
  });

  it('watches a kind in all namespaces', async (api) => {
    const { body } = await api.unrecorded.get('/api/v1/configmaps?limit=1');
    const query = `resourceVersion=${body.metadata.resourceVersion}&fieldSelector=metadata.namespace%3D${api.namespace}`;
    const watch = await api.watch(`/api/v1/configmaps?${query}`);
    await api.unrecorded.post('v1/configmaps', configMap('a'));
    await watch.until((events) => events.length >= 1);
  });

  it('marks the end of what exists for a streaming list', async (api) => {
    await api.unrecorded.post('v1/configmaps', configMap('a', { app: 'web' }));
    const options = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await api.watch(`v1/configmaps?labelSelector=app&${options}`);
    await watch.until((events) => events.length >= 2);
    const later = await api.watch(`v1/configmaps?labelSelector=app&${options}&resourceVersion=0`);
    await later.until((events) => events.length >= 2);
  });

  it('sends nothing of what exists when a streaming list asks for nothing', async (api) => {
    await api.unrecorded.post('v1/configmaps', configMap('a', { app: 'web' }));
    const options = 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await api.watch(`v1/configmaps?labelSelector=app&${options}`);
    await api.unrecorded.mergePatch('v1/configmaps/a', { data: { x: '1' } });
    await watch.until((events) => events.length >= 1);
  });

  it('refuses a streaming list that is not asked for in full', async (api) => {
    await api.watch('v1/configmaps?sendInitialEvents=true');
    await api.watch('v1/configmaps?sendInitialEvents=true&resourceVersionMatch=Exact');
    await api.watch('v1/configmaps?resourceVersionMatch=NotOlderThan');
    const watch = await api.watch('v1/configmaps?sendInitialEvents=true&resourceVersionMatch=NotOlderThan');
    await watch.until((events) => events.length >= 1);
    await api.get('v1/configmaps?sendInitialEvents=true');
  });

  it('ends by itself after the time that is asked for', async (api) => {
    const watch = await api.watch('v1/configmaps?labelSelector=app&timeoutSeconds=1');
    await watch.ended;
  });

  it('refuses malformed versions, selectors and times', async (api) => {
    await api.watch('v1/configmaps?resourceVersion=x');
    await api.watch('v1/configmaps?labelSelector=a%20b');
    await api.watch('v1/configmaps?fieldSelector=data.x%3D1');
    await api.watch('v1/configmaps?timeoutSeconds=x');
  });

  it('shows the life of an object with a finalizer', async (api) => {
    const { unrecorded } = api;
    const watch = await api.watch('v1/configmaps?fieldSelector=metadata.name%3Da');
    await unrecorded.post('v1/configmaps', { metadata: { name: 'a', finalizers: ['example.com/hold'] } });
    await unrecorded.delete('v1/configmaps/a');
    await unrecorded.mergePatch('v1/configmaps/a', { metadata: { finalizers: null } });
    await watch.until((events) => events.length >= 3);
  });

  it('sends rows of a table to who asks for tables', async (api) => {
    await api.unrecorded.post('v1/configmaps', configMap('a', { app: 'web' }));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const watch = await api.watch('v1/configmaps?labelSelector=app', { accept });
    await api.unrecorded.mergePatch('v1/configmaps/a', { data: { x: '1' } });
    await watch.until((events) => events.length >= 2);
  });
});
