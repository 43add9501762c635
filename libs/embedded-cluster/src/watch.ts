import type { Kind } from './kinds.js';
import { apiVersionOf } from './kinds.js';
import type { JsonObject, KubeObject } from './objects.js';
import type { Matcher } from './selectors.js';
import { expired } from './status-error.js';
import type { Change, Store } from './store.js';

export interface WatchOptions {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly matches: Matcher;
  /** Empty or 0: begin with what exists, as ADDED. */
  readonly resourceVersion: string;
  readonly bookmarks: boolean;
  readonly bookmarkMs: number;
  /** Begin with what exists and mark its end with a bookmark (streaming lists). */
  readonly sendInitialEvents: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly encode: (object: KubeObject) => JsonObject;
}

/** Sends events until the client leaves, the time is over or the store is reset. Returns a function that stops it. */
export function watch(
  store: Store,
  options: WatchOptions,
  send: (event: JsonObject) => void,
  end: () => void,
): () => void {
  const { kind, namespace, matches } = options;
  const sendObject = (type: string, object: KubeObject): void => send({ type, object: options.encode(object) });
  const relay = (change: Change): void => {
    if (change.resource !== kind.resource) return;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
    const event = eventFor(change, matches);
    if (event) sendObject(event.type, event.object);
  };
  const bookmark = (revision: number, annotations?: JsonObject): void => {
    const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) };
    send({ type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata } });
  };

  const fromNow = options.resourceVersion === '' || options.resourceVersion === '0' || options.sendInitialEvents;
  if (fromNow) {
    for (const object of store.list(kind.resource, namespace)) if (matches(object)) sendObject('ADDED', object);
    if (options.sendInitialEvents) {
      bookmark(store.currentRevision(), { 'k8s.io/initial-events-end': 'true' });
    }
  } else {
    const missed = store.changesSince(kind.resource, Number(options.resourceVersion));
    if (!missed) {
      const message = `too old resource version: ${options.resourceVersion} (${store.currentRevision()})`;
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
  if (options.bookmarks) {
    const timer = setInterval(() => bookmark(store.currentRevision()), options.bookmarkMs);
    stops.push(() => clearInterval(timer));
  }
  if (options.timeoutSeconds !== undefined) {
    const timer = setTimeout(() => {
      if (options.bookmarks) bookmark(store.currentRevision());
      finish();
    }, options.timeoutSeconds * 1000);
    stops.push(() => clearTimeout(timer));
  }
  return stop;
}

/** A change as a watch with a selector sees it: what begins to match is added, what no longer does is deleted. */
function eventFor(change: Change, matches: Matcher): { type: Change['type']; object: KubeObject } | undefined {
  const before = change.previous !== undefined && matches(change.previous);
  const after = change.type !== 'DELETED' && matches(change.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object };
  return before ? { type: 'DELETED', object: change.object } : undefined;
}
