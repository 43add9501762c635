// Releases as Helm keeps them in a cluster: one Secret or ConfigMap a revision, with labels that tell what it is.
// https://pkg.go.dev/helm.sh/helm/v3/pkg/storage/driver
import type { Cluster, KubeObject } from '@slipway/cluster';

import { atCluster } from '../connection/cluster-trouble.js';
import { decodeRecord, UndecodableRecord, type Json } from '../release/release-record.js';
import type { RecordCache } from './record-cache.js';
import type { Found, RecordHeader, ReleaseStore } from './release-store.js';

const PLURALS = { Secret: 'secrets', ConfigMap: 'configmaps' } as const;
const OBJECT_NAME = /^sh\.helm\.release\.v1\.(.+)\.v(\d+)$/;

interface Stored extends RecordHeader {
  readonly object: string;
  readonly resourceVersion: string;
}

export class ClusterStore implements ReleaseStore {
  constructor(
    private readonly cluster: Cluster,
    /** Tells clusters and those who ask them apart. */
    private readonly clusterKey: string,
    private readonly kind: 'Secret' | 'ConfigMap',
    private readonly cache: RecordCache,
  ) {}

  async headers({ namespace, name, signal }: Found): Promise<RecordHeader[]> {
    const place = namespace === '' ? 'all namespaces' : `"${namespace}"`;
    const objects = await atCluster(`list ${PLURALS[this.kind]} in ${place}`, () =>
      this.cluster.listMetadata(this.kind, {
        ...(namespace !== '' && { namespace }),
        labelSelector: name === undefined ? 'owner=helm' : `owner=helm,name=${name}`,
        signal,
      }),
    );
    return objects.flatMap((object) => toHeader(object) ?? []);
  }

  async record(header: RecordHeader, signal: AbortSignal): Promise<Json | undefined> {
    const { object, namespace, resourceVersion } = header as Stored;
    const key = [this.clusterKey, this.kind, namespace, object, resourceVersion].join('\n');
    return this.cache.get(key, async () => {
      const text = await this.text(namespace, object, signal);
      return text === undefined ? undefined : decodeRecord(text);
    });
  }

  /** Helm's own text, which a Secret has in base64 once more. */
  private async text(namespace: string, name: string, signal: AbortSignal): Promise<string | undefined> {
    const { kind } = this;
    const found = await atCluster(`get ${PLURALS[kind]} in "${namespace}"`, () =>
      kind === 'Secret'
        ? this.cluster.get({ kind, namespace, name }, { signal })
        : this.cluster.get({ kind, namespace, name }, { signal }),
    );
    if (found === undefined) return undefined;
    const release = found.data?.['release'];
    if (release === undefined) throw new UndecodableRecord('it has no field "release"');
    return this.kind === 'Secret' ? Buffer.from(release, 'base64').toString('latin1') : release;
  }
}

// Not every tool that writes records labels them in full; the object's name has what is needed beside the status.
function toHeader({ metadata }: Pick<KubeObject, 'metadata'>): Stored | undefined {
  const { name: object, namespace = '', resourceVersion = '', labels = {} } = metadata;
  const [, name = '', version = ''] = OBJECT_NAME.exec(object) ?? [];
  const revision = Number(labels['version'] ?? version);
  if (!Number.isSafeInteger(revision) || revision < 1) return undefined;
  const header = { name: labels['name'] ?? name, namespace, revision, status: labels['status'] ?? 'unknown' };
  return header.name === '' ? undefined : { ...header, object, resourceVersion };
}
