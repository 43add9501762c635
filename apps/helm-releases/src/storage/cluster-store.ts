// Releases as Helm keeps them in a cluster: one Secret or ConfigMap a revision, with labels that tell what it is.
// https://pkg.go.dev/helm.sh/helm/v3/pkg/storage/driver
import { ClusterError, type AnyObjects, type Cluster, type KubeObject } from '@slipway/cluster';

import { atCluster } from '../connection/cluster-trouble.js';
import { decodeRecord, encodeRecord, UndecodableRecord, type Json } from '../release/release-record.js';
import type { RecordCache } from './record-cache.js';
import type { Found, RecordHeader, ReleaseStore } from './release-store.js';

const PLURALS = { Secret: 'secrets', ConfigMap: 'configmaps' } as const;
const OBJECT_NAME = /^sh\.helm\.release\.v1\.(.+)\.v(\d+)$/;

/** Ours, beside Helm's labels: which command made a revision, so that a repeated one finds it. */
const OPERATION = 'slipway.dev/operation';
const REQUEST = 'slipway.dev/request';

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

  get objects(): AnyObjects {
    return this.cluster.any;
  }

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

  async add(header: RecordHeader, record: Json, signal: AbortSignal): Promise<boolean> {
    const { kind } = this;
    const { namespace, madeBy } = header;
    const annotations = madeBy && {
      [OPERATION]: madeBy.operationId,
      ...(madeBy.requestHash !== undefined && { [REQUEST]: madeBy.requestHash }),
    };
    const labels = { ...labelsOf(header), createdAt: seconds(Date.now()) };
    const metadata = { name: objectNameOf(header), namespace, labels, ...(annotations && { annotations }) };
    const object = { apiVersion: 'v1', kind, metadata, ...(await this.content(record)) };
    return atCluster(`create ${PLURALS[kind]} in "${namespace}"`, async () => {
      try {
        await this.cluster.any.create(object, { signal });
        return true;
      } catch (error) {
        if (error instanceof ClusterError && error.reason === 'AlreadyExists') return false;
        throw error;
      }
    });
  }

  async update(header: RecordHeader, record: Json, signal: AbortSignal): Promise<void> {
    const { kind } = this;
    const { namespace } = header;
    await atCluster(`update ${PLURALS[kind]} in "${namespace}"`, async () => {
      const ref = { apiVersion: 'v1', kind, namespace, name: objectNameOf(header) };
      const found = await this.cluster.any.get(ref, { signal });
      // Uninstalled meanwhile.
      if (!found) return;
      const labels = { ...found.metadata.labels, ...labelsOf(header), modifiedAt: seconds(Date.now()) };
      const object = { ...found, metadata: { ...found.metadata, labels }, ...(await this.content(record)) };
      await this.cluster.any.replace(object, { signal });
    });
  }

  /** What the object holds: a Secret has Helm's text in base64 once more. */
  private async content(record: Json): Promise<object> {
    const release = await encodeRecord(record);
    return this.kind === 'Secret'
      ? { type: 'helm.sh/release.v1', data: { release: Buffer.from(release).toString('base64') } }
      : { data: { release } };
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
  const operationId = metadata.annotations?.[OPERATION];
  const changedAt = Number(labels['modifiedAt'] ?? labels['createdAt'] ?? 0) * 1_000;
  const header = {
    ...{ name: labels['name'] ?? name, namespace, revision, status: labels['status'] ?? 'unknown' },
    changedAt: Number.isFinite(changedAt) ? changedAt : 0,
    ...(operationId !== undefined && { madeBy: { operationId, requestHash: metadata.annotations?.[REQUEST] } }),
  };
  return header.name === '' ? undefined : { ...header, object, resourceVersion };
}

function objectNameOf({ name, revision }: RecordHeader): string {
  return `sh.helm.release.v1.${name}.v${revision}`;
}

function labelsOf({ name, revision, status }: RecordHeader): Record<string, string> {
  return { owner: 'helm', name, status, version: String(revision) };
}

const seconds = (ms: number): string => String(Math.floor(ms / 1_000));
