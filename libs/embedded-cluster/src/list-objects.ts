import type { Kind } from './kinds.js';
import type { KubeObject } from './objects.js';
import type { ListOptions } from './options.js';
import type { Matcher } from './selectors.js';
import { badRequest, expired } from './status-error.js';
import type { Store } from './store.js';

export interface Page {
  readonly objects: KubeObject[];
  readonly metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

/**
 * One page. Later pages show the moment of the first one, so that a watch from its resourceVersion misses nothing; once the changes
 * since are no longer known, the token answers 410.
 */
export function listObjects(
  store: Store,
  kind: Kind,
  namespace: string | undefined,
  matches: Matcher | undefined,
  options: ListOptions,
): Page {
  const { limit, resourceVersion, match } = options;
  if (resourceVersion && !/^\d+$/.test(resourceVersion)) {
    const parsing = `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`;
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: ${parsing}`,
    );
  }
  if (options.continue && resourceVersion && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const start = options.continue ? parseToken(options.continue) : undefined;
  const exact = match === 'Exact' ? Number(resourceVersion) : undefined;
  const revision = start?.revision ?? exact ?? store.currentRevision();
  const all = store.listAt(kind.resource, namespace, revision)?.filter(matches ?? (() => true));
  if (!all && start) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results.',
    );
  }
  if (!all) throw expired(`The resourceVersion for the provided list is too old.`);
  const remaining = start ? all.filter((object) => positionOf(object) > start.after) : all;
  const objects = limit > 0 ? remaining.slice(0, limit) : remaining;
  const last = objects.at(-1);
  const left = remaining.length - objects.length;
  // With a selector nobody counts what is left.
  return {
    objects,
    metadata: {
      resourceVersion: String(revision),
      ...(left > 0 && last
        ? {
            continue: formatToken({ revision, after: positionOf(last) }),
            ...(matches ? {} : { remainingItemCount: left }),
          }
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
  throw badRequest('invalid continue token: continue key is not valid: illegal base64 data at input byte 0');
}
