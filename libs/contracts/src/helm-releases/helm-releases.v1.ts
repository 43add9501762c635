import { Flag, Integer, OneOf, Optional, Text, TextList } from '../fields.js';

/** Where Helm keeps releases in a cluster; `memory` is a store of the service itself, for tests. */
export const ReleaseStorage = { secret: 'secret', configmap: 'configmap', memory: 'memory' } as const;
export type ReleaseStorage = (typeof ReleaseStorage)[keyof typeof ReleaseStorage];

/** Helm's own words, https://pkg.go.dev/helm.sh/helm/v3/pkg/release#Status. */
export const RELEASE_STATUSES = [
  'deployed',
  'uninstalled',
  'superseded',
  'failed',
  'uninstalling',
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
] as const;

const STORAGES = Object.values(ReleaseStorage);
const CONTEXT_MAX = 65_536;
const NAME_MAX = 65_536;
const NAMESPACE_MAX = 253;
/** Of one answer, as text. */
const JSON_MAX = Number.MAX_SAFE_INTEGER;

export class ListReleases {
  /** One of the actor's contexts, by name. */
  @Text({ min: 1, max: CONTEXT_MAX }) context: string;
  @OneOf(STORAGES) storage: ReleaseStorage;
  /** Empty: everywhere. */
  @Text({ max: NAMESPACE_MAX }) namespace: string;
  /** Of what was found, only this namespace; empty: all. */
  @Text({ max: NAMESPACE_MAX }) @Optional() only?: string | null;
  /** Absent: `deployed` and `failed`. A word that is no status selects releases of no known status. */
  @TextList() @Optional() statuses?: string[] | null;
  /** By last deployment, oldest first, instead of by name. */
  @Flag() @Optional() byDate?: boolean | null;
  @Integer() @Optional() skip?: number | null;
  /** 0 and less: all. */
  @Integer() @Optional() limit?: number | null;
}

export class GetRelease {
  @Text({ min: 1, max: CONTEXT_MAX }) context: string;
  @OneOf(STORAGES) storage: ReleaseStorage;
  /** Empty: everywhere. */
  @Text({ max: NAMESPACE_MAX }) namespace: string;
  @Text({ max: NAME_MAX }) name: string;
  /** 0: the latest that is deployed, else the latest. */
  @Integer({ min: 0 }) revision: number;
}

export class GetReleaseHistory {
  @Text({ min: 1, max: CONTEXT_MAX }) context: string;
  @OneOf(STORAGES) storage: ReleaseStorage;
  /** Empty: everywhere. */
  @Text({ max: NAMESPACE_MAX }) namespace: string;
  @Text({ max: NAME_MAX }) name: string;
}

/** One release, or a list of them, as JSON text: it is passed on as it is, and may have tens of megabytes. */
export class ReleaseDocument {
  @Text({ max: JSON_MAX }) json: string;
}

/** Makes an earlier revision of a release the next one, and its manifest that of the cluster. */
export class RollBackRelease {
  @Text({ min: 1, max: CONTEXT_MAX }) context: string;
  @OneOf(STORAGES) storage: ReleaseStorage;
  @Text({ min: 1, max: NAMESPACE_MAX }) namespace: string;
  @Text({ max: NAME_MAX }) name: string;
  /** 0 or absent: the one before the highest. */
  @Integer({ min: 0 }) @Optional() revision?: number | null;
}

export class ListNamespaces {
  @Text({ min: 1, max: CONTEXT_MAX }) context: string;
}

export class NamespaceNames {
  @TextList({ max: 100_000, maxLength: NAMESPACE_MAX }) names: string[];
}
