// Makes the objects of a cluster those of another manifest of the same release, as Helm does.
import { isDeepStrictEqual } from 'node:util';

import { ClusterError, type AnyObjects, type AnyRef, type KubeObject } from '@slipway/cluster';

import { threeWay } from './three-way.js';

/** How often an object is read again that somebody changed in the midst of it. */
const TRIES = 5;
/** https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource */
const RESOURCE_POLICY = 'helm.sh/resource-policy';

export interface Change {
  readonly release: string;
  readonly namespace: string;
  readonly from: readonly KubeObject[];
  readonly to: readonly KubeObject[];
}

/**
 * Creates what is not there, changes what is (also what nobody had released before), and deletes what only `from` has, unless it is to be
 * kept. Safe to repeat: what is as it should be is not written.
 * @throws ClusterError
 */
export async function applyManifest(objects: AnyObjects, change: Change, signal: AbortSignal): Promise<void> {
  const [from, to] = await Promise.all([change.from, change.to].map((list) => placed(objects, list, change, signal)));
  const before = new Map((from ?? []).map((object) => [keyOf(object), object]));
  const after = new Set((to ?? []).map(keyOf));
  for (const object of to ?? []) await put(objects, before.get(keyOf(object)), owned(object, change), signal);
  for (const object of [...(from ?? [])].reverse())
    if (!after.has(keyOf(object))) await remove(objects, object, signal);
}

/** Each with its namespace, where its kind has one. */
async function placed(
  objects: AnyObjects,
  list: readonly KubeObject[],
  { namespace }: Change,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const result: KubeObject[] = [];
  for (const object of list) {
    const isNamespaced = await objects.isNamespaced(object, { signal });
    const metadata = isNamespaced
      ? { ...object.metadata, namespace: object.metadata.namespace ?? namespace }
      : object.metadata;
    result.push({ ...object, metadata });
  }
  return result;
}

/** By whom it is released, as Helm's own marks say. */
function owned(object: KubeObject, { release, namespace }: Change): KubeObject {
  const { labels, annotations } = object.metadata;
  const metadata = {
    ...object.metadata,
    labels: { ...labels, 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: {
      ...annotations,
      'meta.helm.sh/release-name': release,
      'meta.helm.sh/release-namespace': namespace,
    },
  };
  return { ...object, metadata };
}

async function put(
  objects: AnyObjects,
  original: KubeObject | undefined,
  modified: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const live = await objects.get(refOf(modified), { signal });
      if (!live) await objects.create(modified, { signal });
      else {
        const merged = threeWay({ ...original }, { ...modified }, { ...live }) as unknown as KubeObject;
        if (!isDeepStrictEqual(merged, live)) await objects.replace(merged, { signal });
      }
      return;
    } catch (error) {
      if (!(error instanceof ClusterError) || error.kind !== 'conflict' || attempt === TRIES) throw error;
    }
  }
}

async function remove(objects: AnyObjects, object: KubeObject, signal: AbortSignal): Promise<void> {
  const live = await objects.get(refOf(object), { signal });
  if (live && live.metadata.annotations?.[RESOURCE_POLICY] !== 'keep') await objects.delete(refOf(object), { signal });
}

function refOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): AnyRef {
  return { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) };
}

/** An object is the same under another version of its group. */
function keyOf({ apiVersion, kind, metadata: { namespace = '', name } }: KubeObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return [group, kind, namespace, name].join('\n');
}
