import type { ServerResponse } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { json, ScriptedCluster, statusObject, waitFor } from '../fixture/scripted-cluster.js';
import { connectCluster, type Cluster } from '../cluster.js';
import type { Watcher, WatchOptions } from './watch-objects.js';

interface Item {
  readonly metadata: { name: string; namespace: string; uid: string; resourceVersion: string; managedFields?: unknown };
}

const pod = (name: string, resourceVersion: string): Item => ({
  metadata: { name, namespace: 'docks', uid: name, resourceVersion, managedFields: [{ manager: 'x' }] },
});

/** A cluster with pods that a test changes, and watches that a test feeds, cuts and refuses. */
class Pods {
  items: Item[] = [];
  resourceVersion = '10';
  lists = 0;
  /** The query of every watch, in order. */
  readonly watches: URLSearchParams[] = [];
  onList: (response: ServerResponse) => void = (response) =>
    json(response, 200, { kind: 'PodList', metadata: { resourceVersion: this.resourceVersion }, items: this.items });
  onWatch: (response: ServerResponse) => void = (response) => response.flushHeaders();
  private current: ServerResponse | undefined;

  constructor(cluster: ScriptedCluster) {
    cluster.reply = (response, request) => {
      const url = new URL(request.url ?? '', 'http://cluster');
      if (url.searchParams.get('watch') === 'true') {
        this.watches.push(url.searchParams);
        this.current = response;
        this.onWatch(response);
      } else {
        this.lists += 1;
        this.onList(response);
      }
    };
  }

  send(type: string, object: unknown): void {
    this.current?.write(`${JSON.stringify({ type, object })}\n`);
  }

  end(text = ''): void {
    this.current?.end(text);
  }
}

describe('watchObjects', () => {
  let scripted: ScriptedCluster;
  let pods: Pods;
  let cluster: Cluster;
  let seen: string[];
  let errors: string[];
  beforeEach(async () => {
    scripted = await new ScriptedCluster().start();
    pods = new Pods(scripted);
    cluster = connectCluster(scripted.connection(), { timeoutMs: 500 });
    seen = [];
    errors = [];
  });
  afterEach(async () => {
    await cluster.close();
    await scripted.stop();
  });

  function watch(options: WatchOptions = {}): Watcher<unknown> {
    return cluster.watch(
      'Pod',
      { namespace: 'docks', onError: (error) => errors.push(error.reason), ...options },
      ({ type, object }) => seen.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`),
    );
  }

  it('lists, then watches from there with bookmarks, and drops managed fields', async () => {
    pods.items = [pod('a', '3')];
    const watcher = watch({ labelSelector: 'app=web' });
    await watcher.synced;
    expect(seen).toEqual(['added a@3']);
    await waitFor(() => pods.watches.length === 1);
    expect(Object.fromEntries(pods.watches[0] ?? [])).toMatchObject({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      labelSelector: 'app=web',
    });
    pods.send('ADDED', pod('b', '11'));
    pods.send('MODIFIED', pod('a', '12'));
    pods.send('DELETED', pod('b', '13'));
    await waitFor(() => seen.length === 4);
    expect(seen).toEqual(['added a@3', 'added b@11', 'changed a@12', 'removed b@13']);
    expect(watcher.list()).toEqual([{ metadata: { name: 'a', namespace: 'docks', uid: 'a', resourceVersion: '12' } }]);
    expect(watcher.get('a', 'docks')).toBeDefined();
  });

  it('goes on after a dropped connection from the last bookmark, without a new list', async () => {
    const watcher = watch();
    await watcher.synced;
    await waitFor(() => pods.watches.length === 1);
    pods.send('BOOKMARK', { metadata: { resourceVersion: '99' } });
    pods.send('ADDED', pod('a', '98'));
    pods.send('BOOKMARK', { metadata: { resourceVersion: '100' } });
    await waitFor(() => seen.length === 1);
    scripted.drop();
    await waitFor(() => pods.watches.length === 2);
    expect(pods.watches[1]?.get('resourceVersion')).toBe('100');
    expect(pods.lists).toBe(1);
    pods.send('MODIFIED', pod('a', '101'));
    await waitFor(() => seen.length === 2);
  });

  it.each(['a status', 'an event'])(
    'lists again when the cluster forgot where it was (410 as %s), and reports what went',
    async (form) => {
      pods.items = [pod('a', '3'), pod('b', '4')];
      const watcher = watch();
      await watcher.synced;
      await waitFor(() => pods.watches.length === 1);
      pods.items = [pod('b', '4'), pod('c', '200')];
      pods.resourceVersion = '200';
      const expired = statusObject(410, 'Expired', 'too old resource version');
      if (form === 'an event') {
        pods.send('ERROR', expired);
      } else {
        pods.onWatch = (response) => {
          pods.onWatch = (next) => next.flushHeaders();
          json(response, 410, expired);
        };
        pods.end();
      }
      await waitFor(() => seen.includes('added c@200'));
      expect(seen).toEqual(['added a@3', 'added b@4', 'removed a@3', 'added c@200']);
      expect(errors).toEqual(['Expired']);
      expect(watcher.lastError).toBeUndefined();
      await waitFor(() => pods.watches.at(-1)?.get('resourceVersion') === '200');
    },
  );

  it('says since when it could not look, and catches up by itself', async () => {
    pods.onList = (response) => json(response, 503, statusObject(503, 'ServiceUnavailable'));
    const watcher = watch();
    await waitFor(() => errors.length === 1);
    expect(watcher.isSynced).toBe(false);
    expect(watcher.lastError).toMatchObject({ kind: 'unavailable' });
    pods.onList = (response) => json(response, 200, { metadata: { resourceVersion: '10' }, items: [pod('a', '3')] });
    await watcher.synced;
    expect(watcher.lastError).toBeUndefined();
    const contactAt = watcher.lastContactAt;
    await scripted.stop();
    await waitFor(() => watcher.lastError?.kind === 'unreachable' && errors.length >= 3);
    expect(watcher.lastContactAt?.getTime()).toBeLessThan(Date.now());
    expect(contactAt).toBeInstanceOf(Date);
    expect(watcher.list()).toHaveLength(1);
    await scripted.start();
  });

  it('clears its error once a watch is open again, though nothing happens on it', async () => {
    const watcher = watch();
    await watcher.synced;
    await waitFor(() => pods.watches.length === 1);
    pods.onWatch = (response) => {
      pods.onWatch = (next) => next.flushHeaders();
      json(response, 500, statusObject(500, 'InternalError'));
    };
    scripted.drop();
    await waitFor(() => pods.watches.length === 3);
    await waitFor(() => watcher.lastError === undefined);
    expect(errors).toEqual(['ConnectionBroken', 'InternalError']);
  });

  it('lists again after half an event', async () => {
    const watcher = watch();
    await watcher.synced;
    await waitFor(() => pods.watches.length === 1);
    pods.items = [pod('a', '12')];
    pods.send('ADDED', pod('x', '11'));
    await waitFor(() => seen.includes('added x@11'));
    pods.end('{"type":"ADDED","obj');
    await waitFor(() => seen.includes('added a@12'));
    expect(seen).toEqual(['added x@11', 'removed x@11', 'added a@12']);
    expect(errors).toEqual(['BadEvent']);
    expect(pods.lists).toBe(2);
  });

  it('does not storm a cluster that ends every watch at once', async () => {
    pods.onWatch = (response) => response.end();
    const watcher = watch();
    await watcher.synced;
    await waitFor(() => pods.watches.length === 3);
    const startedAt = performance.now();
    await waitFor(() => pods.watches.length === 4);
    expect(performance.now() - startedAt).toBeGreaterThan(400);
  });

  it('lists again when the resync is due, and reports only what differs', async () => {
    pods.items = [pod('a', '3'), pod('b', '4')];
    pods.onWatch = (response) => {
      response.flushHeaders();
      setTimeout(() => response.end(), 1_000);
    };
    const watcher = watch({ resyncMs: 800 });
    await watcher.synced;
    pods.items = [pod('a', '3'), pod('b', '5')];
    await waitFor(() => pods.lists >= 2);
    expect(Number(pods.watches[0]?.get('timeoutSeconds'))).toBe(1);
    await waitFor(() => seen.length === 3);
    expect(seen).toEqual(['added a@3', 'added b@4', 'changed b@5']);
  });

  it('reads a list in pages of one moment', async () => {
    pods.onList = (response) => {
      const page = pods.lists;
      json(response, 200, {
        metadata: { resourceVersion: '10', continue: page < 3 ? `page-${page}` : '' },
        items: [pod(`p${page}`, '1')],
      });
    };
    await watch().synced;
    expect(seen).toEqual(['added p1@1', 'added p2@1', 'added p3@1']);
    expect(scripted.requests.map(({ url }) => new URL(url, 'http://c').searchParams.get('continue'))).toEqual(
      expect.arrayContaining([null, 'page-1', 'page-2']),
    );
  });

  it('lists from the start once when the moment is forgotten between two pages', async () => {
    pods.onList = (response) => {
      if (pods.lists === 2) {
        json(response, 410, statusObject(410, 'Expired'));
      } else {
        const next = pods.lists === 1 ? 'page-2' : '';
        json(response, 200, {
          metadata: { resourceVersion: '10', continue: next },
          items: [pod(`p${pods.lists}`, '1')],
        });
      }
    };
    expect((await cluster.list('Pod')).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['Pod p3']);
  });

  it('closes at once, in the middle of a list or a watch', async () => {
    pods.onList = () => undefined;
    const early = watch();
    await waitFor(() => pods.lists === 1);
    const startedAt = performance.now();
    await early.close();
    await expect(early.synced).rejects.toThrow('closed before its first list');
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});
