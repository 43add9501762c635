// Owns what a write means: defaults, validation, admission, versions, generations, finalizers and deletion. HTTP requests and the
// controllers write through it alike; only requests leave managedFields and audit entries.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { Admission } from './admission.js';
import { withDefaults } from './defaults.js';
import { apiVersionOf, type Kind, kindOf, type ObjectsByResource, type ResourceName } from './kinds.js';
import { recordUpdate } from './managed-fields.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject, textOf, timestamp, wireCopy } from './objects.js';
import { checkQuotas } from './quotas.js';
import { randomSuffix } from './random-suffix.js';
import { alreadyExists, conflict, invalid, notFound, staleVersion, StatusError } from './status-error.js';
import type { Store } from './store.js';
import { validate } from './validation.js';

/** An accepted write by a client that changed something. */
export interface Write {
  readonly verb: 'create' | 'update' | 'patch' | 'apply' | 'delete';
  readonly resource: ResourceName;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string | undefined;
  /** The field manager, which is the start of the user agent when the client names none. */
  readonly manager: string;
  /** Where the client's connection came from. */
  readonly address: string | undefined;
  readonly resourceVersion: string;
  readonly at: Date;
}

/** Who writes; left out by the cluster's own controllers. */
export interface Client {
  readonly verb: Write['verb'];
  readonly manager: string;
  readonly address?: string | undefined;
  readonly subresource?: string;
}

export interface WriteOptions {
  readonly client?: Client;
  readonly dryRun?: boolean;
}

export interface DeleteOptions extends WriteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

const clusterItself = { manager: 'kube-controller-manager' };

export class Registry {
  private audit: Write[] = [];
  private admission: Admission;

  constructor(readonly store: Store) {
    this.admission = new Admission(store);
  }

  writes(): readonly Write[] {
    return [...this.audit];
  }

  clear(): void {
    this.store.clear();
    this.audit = [];
    this.admission = new Admission(this.store);
  }

  read<R extends ResourceName>(resource: R, namespace: string | undefined, name: string): ObjectsByResource[R] {
    const found = this.store.get(resource, namespace, name);
    if (!found) throw notFound(kindOf(resource), name);
    return found;
  }

  /** Throws 404 for an absent namespace, 403 for one that ends or a spent quota, 409 for a taken name, 422 for bad fields. */
  create(
    resource: ResourceName,
    namespace: string | undefined,
    input: JsonObject,
    options: WriteOptions = {},
  ): KubeObject {
    const kind = kindOf(resource);
    const given = wireCopy(input);
    const metadata = isJsonObject(given.metadata) ? given.metadata : {};
    const { generateName, deletionTimestamp: _deletion, deletionGracePeriodSeconds: _grace, ...named } = metadata;
    const givenName = typeof named.name === 'string' ? named.name : '';
    const name =
      givenName || (typeof generateName === 'string' && generateName ? `${generateName}${randomSuffix()}` : '');
    const { status, ...rest } = given;
    const draft = {
      ...rest,
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      ...(kind.subresources.includes('status') || status === undefined ? {} : { status }),
      metadata: {
        ...named,
        ...(generateName ? { generateName } : {}),
        name,
        ...(kind.namespaced ? { namespace } : {}),
        uid: randomUUID(),
        creationTimestamp: timestamp(),
        ...(kind.generation ? { generation: 1 } : {}),
      },
    };
    // Whoever runs the node sets its status with the node itself, as kubelet does.
    const whole = resource === 'nodes' && status !== undefined ? { ...draft, status } : draft;
    const complete = withDefaults(resource, whole) as KubeObject;
    const admitted = this.admission.admit(kind, complete);
    if (metadata.resourceVersion) {
      throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    validate(kind, admitted, undefined);
    checkQuotas(this.store, kind, admitted);
    if (this.store.get(resource, complete.metadata.namespace, name)) throw alreadyExists(kind, name);
    const applied = options.client?.verb === 'apply';
    const writer = options.client ?? clusterItself;
    const { managedFields } = applied ? complete.metadata : recordUpdate(undefined, complete, writer).metadata;
    const owned = canonical({ ...admitted, metadata: { ...admitted.metadata, managedFields } });
    if (options.dryRun) return owned;
    const stored = this.store.put(resource, owned);
    this.record(resource, stored, options.client);
    return stored;
  }

  /**
   * Replaces the part of an object that the subresource stands for; without one, everything but the status and what the server
   * owns. An equal object is no write: its resourceVersion stays.
   */
  update(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    input: JsonObject,
    options: WriteOptions & { subresource?: string; patches?: boolean } = {},
  ): KubeObject {
    const kind = kindOf(resource);
    const previous: KubeObject = this.read(resource, namespace, name);
    const given = wireCopy(input);
    const metadata = isJsonObject(given.metadata) ? given.metadata : {};
    const { uid, resourceVersion } = metadata;
    if (resourceVersion && !/^\d+$/.test(textOf(resourceVersion))) {
      throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
    }
    const replaces = options.client?.verb === 'update' && !options.subresource;
    if (uid && uid !== previous.metadata.uid && replaces) throw foreignUid(kind, previous, textOf(uid));
    if (resourceVersion && resourceVersion !== previous.metadata.resourceVersion) throw staleVersion(kind, name);
    if (uid && uid !== previous.metadata.uid) throw immutableUid(kind, name, textOf(uid));
    const draft = this.nextState(kind, previous, given, options.subresource);
    const wanted = withDefaults(resource, draft) as KubeObject;
    const complete = this.admission.keepAllocated(kind, wanted, previous);
    validate(kind, complete, previous);
    const applied = options.client?.verb === 'apply';
    const forgets = isEmptyManagedFields(metadata.managedFields);
    const { managedFields } =
      options.client && !applied ? recordUpdate(previous, wanted, options.client).metadata : complete.metadata;
    const next = canonical({
      ...complete,
      metadata: { ...complete.metadata, managedFields: forgets ? [] : managedFields },
    });
    if (isDeepStrictEqual(next, previous)) return previous;
    return this.commit(kind, previous, next, options);
  }

  /** Changes the status as a controller does; nothing is written when it is equal. */
  updateStatus(resource: ResourceName, object: KubeObject, status: Json | undefined): void {
    const current = this.store.get(resource, object.metadata.namespace, object.metadata.name);
    if (current?.metadata.uid !== object.metadata.uid) return;
    const next = wireCopy({ ...current, status } as KubeObject);
    if (!isDeepStrictEqual(next, current)) this.store.put(resource, next);
  }

  /** Changes an object as a controller does, without conflict: it reads and writes in one step. */
  change<R extends ResourceName>(
    resource: R,
    object: KubeObject,
    change: (current: ObjectsByResource[R]) => ObjectsByResource[R],
  ): void {
    const current = this.store.get(resource, object.metadata.namespace, object.metadata.name);
    if (current?.metadata.uid !== object.metadata.uid) return;
    const next = canonical(change(current));
    if (!isDeepStrictEqual(next, current)) this.commit(kindOf(resource), current, next, {});
  }

  /** What is left: an object that waits for its finalizers or its grace period, or the removed one (gone). */
  delete(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): { object: KubeObject; gone: boolean } {
    const kind = kindOf(resource);
    const current: KubeObject = this.read(resource, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    const { metadata: live } = current;
    if (uid && uid !== live.uid) {
      const why = `the UID in the precondition (${uid}) does not match the UID in record (${live.uid}). The object might have been deleted and then recreated`;
      throw brokenPrecondition(kind, name, why);
    }
    if (resourceVersion && resourceVersion !== live.resourceVersion) {
      const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${live.resourceVersion}). The object might have been modified`;
      throw brokenPrecondition(kind, name, why);
    }
    const grace = gracePeriod(kind, current, options.gracePeriodSeconds);
    const finalizers = new Set(current.metadata.finalizers);
    if (options.propagationPolicy === 'Foreground') finalizers.add('foregroundDeletion');
    if (options.propagationPolicy === 'Orphan') finalizers.add('orphan');
    const waits =
      finalizers.size > 0 || grace > 0 || (resource === 'namespaces' && namespaceFinalizers(current).length > 0);
    if (!waits) {
      const last = resource === 'pods' ? withoutGrace(current) : current;
      if (options.dryRun) return { object: last, gone: true };
      this.record(resource, this.store.remove(resource, last), options.client);
      return { object: last, gone: true };
    }
    const metadata = { ...current.metadata };
    if (finalizers.size) metadata.finalizers = [...finalizers];
    if (metadata.deletionTimestamp === undefined) {
      if (metadata.generation !== undefined) metadata.generation += 1;
      metadata.deletionTimestamp = timestamp(Date.now() + grace * 1000);
      metadata.deletionGracePeriodSeconds = grace;
    } else if (grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
      metadata.deletionTimestamp = timestamp(Date.now() + grace * 1000);
      metadata.deletionGracePeriodSeconds = grace;
    }
    const status = resource === 'namespaces' ? { status: { ...current.status, phase: 'Terminating' } } : {};
    const next = wireCopy({ ...current, ...status, metadata });
    if (isDeepStrictEqual(next, current) || options.dryRun) return { object: next, gone: false };
    const stored = this.store.put(resource, next);
    this.record(resource, stored, options.client);
    return { object: stored, gone: false };
  }

  private nextState(kind: Kind, previous: KubeObject, given: JsonObject, subresource: string | undefined): JsonObject {
    if (subresource === 'status') {
      const metadata = ownMetadata(given, previous);
      // Whoever writes the status may label the object with it; only Deployments keep their labels.
      const labels = kind.resource === 'deployments' ? { labels: previous.metadata.labels } : {};
      return { ...previous, metadata: { ...metadata, ...labels }, status: given.status };
    }
    if (subresource === 'finalize') return { ...previous, spec: given.spec };
    const { status: ignored, ...rest } = given;
    const status = kind.subresources.includes('status') ? previous.status : ignored;
    const metadata = ownMetadata(given, previous);
    return { ...rest, apiVersion: previous.apiVersion, kind: previous.kind, metadata, status };
  }

  private commit(kind: Kind, previous: KubeObject, changed: KubeObject, options: WriteOptions): KubeObject {
    const moved = kind.generation && !isDeepStrictEqual(countedOf(changed, options), countedOf(previous, options));
    const generation = moved ? { generation: (previous.metadata.generation ?? 0) + 1 } : {};
    const next: KubeObject = { ...changed, metadata: { ...changed.metadata, ...generation } };
    if (options.dryRun) return next;
    const ended =
      next.metadata.deletionTimestamp !== undefined &&
      (next.metadata.finalizers ?? []).length === 0 &&
      (next.metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
      (kind.resource !== 'namespaces' || namespaceFinalizers(next).length === 0);
    if (ended) {
      this.record(kind.resource, this.store.remove(kind.resource, next), options.client);
      return next;
    }
    const stored = this.store.put(kind.resource, next);
    this.record(kind.resource, stored, options.client);
    return stored;
  }

  private record(resource: ResourceName, { metadata }: KubeObject, client: Client | undefined): void {
    if (!client) return;
    this.audit.push({
      verb: client.verb,
      resource,
      namespace: metadata.namespace,
      name: metadata.name,
      subresource: client.subresource,
      manager: client.manager,
      address: client.address,
      resourceVersion: metadata.resourceVersion,
      at: new Date(),
    });
    if (this.audit.length > 100_000) this.audit.splice(0, 50_000);
  }
}

/** What the generation counts the changes of: never the node of a pod, but the annotations that a client gives a Deployment. */
function countedOf({ kind, spec, metadata }: KubeObject, { client }: WriteOptions): JsonObject | undefined {
  if (kind === 'Pod') return { ...spec, nodeName: null };
  return kind === 'Deployment' && client ? { ...spec, annotations: metadata.annotations } : spec;
}

/** What a client may say about an object, with what only the server says. */
function ownMetadata(given: JsonObject, previous: KubeObject): JsonObject {
  const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, resourceVersion } =
    previous.metadata;
  return {
    ...(isJsonObject(given.metadata) ? given.metadata : {}),
    ...{ name: previous.metadata.name, namespace: previous.metadata.namespace, uid, creationTimestamp, generation },
    ...{ deletionTimestamp, deletionGracePeriodSeconds, resourceVersion },
  };
}

/** A pod that goes at once is marked all the same. */
function withoutGrace(pod: KubeObject): KubeObject {
  const { generation = 0, deletionTimestamp = timestamp() } = pod.metadata;
  const marked = { generation: generation + 1, deletionTimestamp, deletionGracePeriodSeconds: 0 };
  return { ...pod, metadata: { ...pod.metadata, ...marked } };
}

/** How a client says that nobody shall own anything any more. */
function isEmptyManagedFields(value: Json | undefined): boolean {
  return Array.isArray(value) && (value.length === 0 || (value.length === 1 && isDeepStrictEqual(value[0], {})));
}

/** The words of the store, which a replacement reaches before anything compares the objects. */
function foreignUid(kind: Kind, { metadata }: KubeObject, uid: string): StatusError {
  const key = `/registry/${kind.resource}/${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
  const broken = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
  const why = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${broken}`;
  return conflict(kind, metadata.name, why);
}

function immutableUid(kind: Kind, name: string, uid: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
  const cause = { reason: 'FieldValueInvalid', message, field: 'metadata.uid' };
  return invalid(kind, name, [cause]);
}

function brokenPrecondition(kind: Kind, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${kind.kind} ${JSON.stringify(name)}: ${why}`;
  const group = kind.group ? { group: kind.group } : {};
  return new StatusError(409, 'Conflict', message, { name, ...group, kind: kind.kind });
}

/** As it is stored: without fields that are undefined, and without metadata that is empty, which the real server leaves out. */
function canonical<T extends KubeObject>(object: T): T {
  const copy = wireCopy(object);
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences', 'managedFields'] as const) {
    const value = copy.metadata[field];
    if (value === null || (value !== undefined && Object.keys(value).length === 0)) delete copy.metadata[field];
  }
  return copy;
}

function namespaceFinalizers(namespace: KubeObject): Json[] {
  const finalizers = namespace.spec?.finalizers;
  return Array.isArray(finalizers) ? finalizers : [];
}

/** Only a pod that runs on the node is given time to end. */
function gracePeriod(kind: Kind, object: KubeObject, asked: number | undefined): number {
  if (kind.resource !== 'pods' || !object.spec?.nodeName) return 0;
  const { phase } = object.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = object.spec.terminationGracePeriodSeconds;
  return Math.max(0, asked ?? (typeof own === 'number' ? own : 30));
}
