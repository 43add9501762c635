import type { Kind } from './kinds.js';
import { apiVersionOf } from './kinds.js';
import type { JsonObject, KubeObject } from './objects.js';
import type { ListOptions } from './options.js';
import type { Matcher } from './selectors.js';
import { expired, StatusError } from './status-error.js';
import type { Change, Store } from './store.js';

export interface WatchRequest {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly matches: Matcher;
  readonly options: ListOptions;
  readonly bookmarkMs: number;
  readonly encode: (object: KubeObject) => JsonObject;
}

/** Throws for a version that is none. */
export function checkVersion(resourceVersion: string): void {
  if (/^\d*$/.test(resourceVersion)) return;
  const parsing = `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`;
  throw new StatusError(500, '', `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: ${parsing}`);
}

/** Sends events until the client leaves, the time is over or the store is reset. Returns a function that stops it. */
export function watch(
  store: Store,
  { kind, namespace, matches, options, bookmarkMs, encode }: WatchRequest,
  send: (event: JsonObject) => void,
  end: () => void,
): () => void {
  const sendObject = (type: string, object: KubeObject): void => send({ type, object: encode(object) });
  const relay = (change: Change): void => {
    if (change.resource !== kind.resource) return;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
    const event = eventFor(change, matches);
    if (event) sendObject(event.type, event.object);
  };
  const { allowWatchBookmarks, sendInitialEvents, resourceVersion } = options;
  const bookmark = (revision: number, annotations?: JsonObject): void => {
    const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) };
    send({ type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } });
  };

  const isNow = resourceVersion === '' || resourceVersion === '0';
  if (sendInitialEvents ?? isNow) {
    for (const object of store.list(kind.resource, namespace)) if (matches(object)) sendObject('ADDED', object);
    if (sendInitialEvents && allowWatchBookmarks) {
      bookmark(store.currentRevision(), { 'k8s.io/initial-events-end': 'true' });
    }
  } else if (!isNow) {
    const missed = store.changesSince(kind.resource, Number(resourceVersion));
    if (!missed) {
      const message = `too old resource version: ${resourceVersion} (${store.currentRevision()})`;
      send({ type: 'ERROR', object: expired(message).toStatus() });
      end();
      return () => undefined;
    }
    missed.forEach(relay);
  }

  const stops: (() => void)[] = [];
  const stop = (): void => {
    for (const each of stops.splice(0)) each();
  };
  const finish = (): void => {
    stop();
    end();
  };
  stops.push(store.subscribe(relay), store.onReset(finish));
  if (allowWatchBookmarks) {
    const timer = setInterval(() => bookmark(store.currentRevision()), bookmarkMs);
    stops.push(() => clearInterval(timer));
  }
  if (options.timeoutSeconds !== undefined) {
    const timer = setTimeout(() => {
      if (allowWatchBookmarks) bookmark(store.currentRevision());
      finish();
    }, options.timeoutSeconds * 1000);
    stops.push(() => clearTimeout(timer));
  }
  return stop;
}

/**
 * A change as a watch with a selector sees it: what begins to match is added. What no longer does is deleted, in its last state that
 * did, under the version of the change.
 */
function eventFor(change: Change, matches: Matcher): { type: Change['type']; object: KubeObject } | undefined {
  const before = change.previous !== undefined && matches(change.previous);
  const after = change.type !== 'DELETED' && matches(change.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object };
  if (!before || !change.previous) return undefined;
  const { resourceVersion } = change.object.metadata;
  return {
    type: 'DELETED',
    object: { ...change.previous, metadata: { ...change.previous.metadata, resourceVersion } },
  };
}
