import { ClusterError } from '../connection/cluster-error.js';
import type { Call, Transport } from '../connection/transport.js';
import type { KubeObject } from './kube-object.js';

/** Names an object of whatever kind. */
export interface AnyRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

interface ApiResource {
  /** The plural, such as `deployments`; with a slash for a subresource. */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

type CallOptions = Pick<Call, 'signal'>;

/**
 * Objects of every kind that the cluster knows, for manifests that somebody else wrote: where a kind is found is asked of the cluster, once
 * for each of its API groups. Objects come and go as they are on the wire.
 */
export class AnyObjects {
  private readonly resources = new Map<string, Promise<readonly ApiResource[]>>();

  constructor(private readonly transport: Transport) {}

  /** Whether objects of a kind lie in namespaces. @throws ClusterError `invalid`, reason `UnknownKind` */
  async isNamespaced(
    { apiVersion, kind }: Pick<AnyRef, 'apiVersion' | 'kind'>,
    options: CallOptions = {},
  ): Promise<boolean> {
    return (await this.resourceOf(apiVersion, kind, options)).namespaced;
  }

  /** Undefined when it is not there. */
  async get(ref: AnyRef, options: CallOptions = {}): Promise<KubeObject | undefined> {
    try {
      return await this.transport.call<KubeObject>('GET', await this.pathOf(ref, options), options);
    } catch (error) {
      if (error instanceof ClusterError && error.kind === 'not_found') return undefined;
      throw error;
    }
  }

  /** @throws ClusterError `conflict`, reason `AlreadyExists` */
  async create(object: KubeObject, options: CallOptions = {}): Promise<KubeObject> {
    const path = await this.pathOf(refOf(object), options);
    const collection = path.slice(0, path.lastIndexOf('/'));
    return this.transport.call<KubeObject>('POST', collection, { ...options, body: object });
  }

  /** @throws ClusterError `conflict` when it is not of the object's resourceVersion any more */
  async replace(object: KubeObject, options: CallOptions = {}): Promise<KubeObject> {
    return this.transport.call<KubeObject>('PUT', await this.pathOf(refOf(object), options), {
      ...options,
      body: object,
    });
  }

  /** Asks for deletion and does not wait for it; false when it was not there. */
  async delete(ref: AnyRef, options: CallOptions = {}): Promise<boolean> {
    try {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
      await this.transport.callText('DELETE', await this.pathOf(ref, options), { ...options, body });
      return true;
    } catch (error) {
      if (error instanceof ClusterError && error.kind === 'not_found') return false;
      throw error;
    }
  }

  private async pathOf({ apiVersion, kind, namespace, name }: AnyRef, options: CallOptions): Promise<string> {
    const { name: plural, namespaced } = await this.resourceOf(apiVersion, kind, options);
    if (namespaced && namespace === undefined)
      throw new ClusterError(`${kind} "${name}" needs a namespace`, { ...UNUSABLE, reason: 'InvalidName' });
    const place = namespaced ? `/namespaces/${encodeURIComponent(namespace ?? '')}` : '';
    return `${rootOf(apiVersion)}${place}/${plural}/${encodeURIComponent(name)}`;
  }

  private async resourceOf(apiVersion: string, kind: string, options: CallOptions): Promise<ApiResource> {
    let asked = this.resources.get(apiVersion);
    if (!asked) {
      asked = this.discover(apiVersion, options);
      this.resources.set(apiVersion, asked);
      // What failed is asked again.
      asked.catch(() => this.resources.delete(apiVersion));
    }
    const found = (await asked).find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (found) return found;
    this.resources.delete(apiVersion);
    throw new ClusterError(`the cluster knows no ${kind} of ${apiVersion}`, { ...UNUSABLE, reason: 'UnknownKind' });
  }

  private async discover(apiVersion: string, options: CallOptions): Promise<readonly ApiResource[]> {
    try {
      const { resources } = await this.transport.call<{ resources?: readonly ApiResource[] }>(
        'GET',
        rootOf(apiVersion),
        options,
      );
      return resources ?? [];
    } catch (error) {
      if (error instanceof ClusterError && error.kind === 'not_found') return [];
      throw error;
    }
  }
}

const UNUSABLE = { kind: 'invalid', status: 0, retriable: false } as const;
const API_VERSION = /^(?:[a-z0-9.-]+\/)?[a-z0-9]+$/;

function rootOf(apiVersion: string): string {
  if (!API_VERSION.test(apiVersion))
    throw new ClusterError(`"${apiVersion.slice(0, 100)}" is no API version`, { ...UNUSABLE, reason: 'UnknownKind' });
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function refOf({ apiVersion, kind, metadata: { namespace, name } }: KubeObject): AnyRef {
  return { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) };
}
