import type { Kind } from './kinds.js';
import type { KubeObject } from './objects.js';
import type { Matcher } from './selectors.js';
import { badRequest, expired } from './status-error.js';
import type { Store } from './store.js';

export interface Page {
  readonly objects: KubeObject[];
  readonly metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

/**
 * One page. Later pages show the present under the resourceVersion of the first page, so that a watch from there misses nothing;
 * once the changes since the first page are no longer known, the token answers 410.
 */
export function listObjects(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  matches: Matcher,
  page: { limit: number; token: string | null },
): Page {
  const all = store.list(kind.resource, namespace).filter(matches);
  const start = page.token ? parseToken(page.token) : undefined;
  if (start && !store.isKnownRevision(start.revision)) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.',
    );
  }
  const revision = start?.revision ?? store.currentRevision();
  const remaining = start ? all.filter((object) => positionOf(object) > start.after) : all;
  const objects = page.limit > 0 ? remaining.slice(0, page.limit) : remaining;
  const last = objects.at(-1);
  const left = remaining.length - objects.length;
  return {
    objects,
    metadata: {
      resourceVersion: String(revision),
      ...(left > 0 && last
        ? { continue: formatToken({ revision, after: positionOf(last) }), remainingItemCount: left }
        : {}),
    },
  };
}

/** Sorts as the store does, by namespace and then by name: the separator comes before every letter of a name. */
function positionOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''} ${metadata.name}`;
}

type Position = { revision: number; after: string };

function formatToken(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function parseToken(token: string): Position {
  try {
    const { revision, after } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Partial<Position>;
    if (typeof revision === 'number' && typeof after === 'string') return { revision, after };
  } catch {
    // Falls through to the refusal below: a token that is not ours is the client's mistake.
  }
  throw badRequest('continue key is not valid');
}
