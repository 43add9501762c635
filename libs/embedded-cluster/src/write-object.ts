import { checkTyped } from './check-typed.js';
import { decode, DecodeError } from './decode.js';
import { TypedPatchError } from './field-sets.js';
import { jsonPatch } from './json-patch.js';
import { apiVersionOf, type Kind } from './kinds.js';
import { fieldsLastApplied, withLastApplied } from './last-applied.js';
import { mergePatch } from './merge-patch.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject, textOf } from './objects.js';
import { integer, invalidOptions, writeOptions, type WriteOptionsQuery } from './options.js';
import {
  checked,
  notRegistered,
  readApplication,
  readDeleteOptions,
  readJsonPatch,
  readMergePatch,
  readObject,
  readStrategicPatch,
  scaleKind,
  shapeOfKind,
  StrictError,
  type WantedKind,
} from './read-body.js';
import type { Client, DeleteOptions, Registry } from './registry.js';
import type { ResourceTarget } from './request-target.js';
import { managedScale, toScale, withScale } from './scale.js';
import { applyServerSide } from './server-side-apply.js';
import { badRequest, type Cause, invalid, notFound, StatusError, unsupportedPatchType } from './status-error.js';
import { goText, strategicMergePatch } from './strategic-merge-patch.js';

export interface WriteRequest {
  readonly target: ResourceTarget;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly address: string | undefined;
  readonly body: string;
}

export interface Written {
  readonly object: KubeObject | JsonObject;
  readonly created: boolean;
  readonly warnings: readonly string[];
}

export function createObject(registry: Registry, request: WriteRequest): Written {
  const { kind, namespace } = request.target;
  const options = writeOptions(request.query, 'create', false);
  const { object: body, warnings } = readObject(request.body, request.contentType, kind, options.fieldValidation);
  checkNamespace(body, namespace);
  const object = registry.create(kind.resource, namespace, body, {
    client: clientOf(request, 'create', options),
    dryRun: options.dryRun,
  });
  return { object, created: true, warnings };
}

/** Replaces an object. Some kinds are made when there is none. */
export function replaceObject(registry: Registry, request: WriteRequest, name: string): Written {
  const { kind, namespace, subresource } = request.target;
  const options = writeOptions(request.query, 'update', false);
  const wanted: WantedKind = subresource === 'scale' ? scaleKind : kind;
  const { object: body, warnings } = readObject(request.body, request.contentType, wanted, options.fieldValidation);
  checkNamespace(body, namespace);
  checkName(body, name);
  const write = {
    client: clientOf(request, 'update', options),
    dryRun: options.dryRun,
    ...(subresource ? { subresource } : {}),
  };
  if (subresource === 'scale')
    return { object: rescale(registry, request, name, write, () => body), created: false, warnings };
  if (kind.createdByReplacing && !subresource && !registry.store.get(kind.resource, namespace, name)) {
    const client = clientOf(request, 'create', options);
    return {
      object: registry.create(kind.resource, namespace, body, { client, dryRun: options.dryRun }),
      created: true,
      warnings,
    };
  }
  return { object: registry.update(kind.resource, namespace, name, body, write), created: false, warnings };
}

export function patchObject(registry: Registry, request: WriteRequest, name: string): Written {
  const { kind, namespace, subresource } = request.target;
  const applies = request.contentType === 'application/apply-patch+yaml';
  const patch = applies ? undefined : patchFunction(request);
  if (!applies && !patch) throw unsupportedPatchType();
  const options = writeOptions(request.query, 'patch', applies);
  const write = {
    client: clientOf(request, applies ? 'apply' : 'patch', options),
    dryRun: options.dryRun,
    ...(subresource ? { subresource } : {}),
  };
  if (!patch) return applyObject(registry, request, name, write, options);
  const warnings: string[] = [];
  const change = (current: JsonObject, wanted: WantedKind): JsonObject => {
    const patched = readPatched(patch(current, wanted), wanted, request, options);
    warnings.push(...patched.warnings);
    checkName(patched.object, name);
    checkNamespace(patched.object, namespace);
    return patched.object;
  };
  if (subresource === 'scale') {
    return {
      object: rescale(registry, request, name, write, (scale) => change(scale, scaleKind)),
      created: false,
      warnings,
    };
  }
  const current: KubeObject = registry.read(kind.resource, namespace, name);
  const object = registry.update(kind.resource, namespace, name, change(current, kind), { ...write, patches: true });
  return { object, created: false, warnings };
}

type WriteOptions = { client: Client; dryRun: boolean; subresource?: string };

function applyObject(
  registry: Registry,
  request: WriteRequest,
  name: string,
  write: WriteOptions,
  options: WriteOptionsQuery,
): Written {
  const { kind, namespace, subresource } = request.target;
  const wanted: WantedKind = subresource === 'scale' ? scaleKind : kind;
  const apiVersion = apiVersionOf(wanted as Kind);
  const config = readApplication(request.body);
  if (config.apiVersion !== apiVersion || config.kind !== wanted.kind) {
    const given = textOf(config.apiVersion);
    const groupVersion = given.includes('/') || given === '' ? given.replace(/^$/, '/') : `/${given}`;
    throw badRequest(`invalid object type: ${groupVersion}, Kind=${textOf(config.kind)}`);
  }
  checkNamespace(config, namespace);
  const metadata = isJsonObject(config.metadata) ? config.metadata : {};
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const live: KubeObject | undefined = registry.store.get(kind.resource, namespace, name);
  if (!live && subresource) throw notFound(kind, name);
  // What lives has a name already.
  if (!live || metadata.name) checkName(config, name);
  const manager = write.client.manager;
  try {
    checkTyped(config, shapeOfKind(wanted));
    if (subresource === 'scale' && live) {
      const merged = applyServerSide({
        live: managedScale(live) as KubeObject,
        config,
        manager,
        force: options.force,
        subresource,
      });
      return { object: rescale(registry, request, name, write, () => merged), created: false, warnings: [] };
    }
    const applied = applyServerSide({
      live,
      config,
      manager,
      force: options.force,
      free: fieldsLastApplied(live, manager),
      ...(subresource ? { subresource } : {}),
    });
    const { object: merged } = decode(withLastApplied(applied, config, manager), shapeOfKind(wanted));
    if (live)
      return { object: registry.update(kind.resource, namespace, name, merged, write), created: false, warnings: [] };
    const { resourceVersion: _version, ...created } = merged.metadata as JsonObject;
    const object = registry.create(kind.resource, namespace, { ...merged, metadata: created }, write);
    return { object, created: true, warnings: [] };
  } catch (error) {
    if (!(error instanceof TypedPatchError)) throw error;
    const type = wanted.group ? apiVersion : `/${apiVersion}`;
    const at = `${textOf(metadata.namespace)}/${name}; ${type}, Kind=${wanted.kind}`;
    throw new StatusError(500, '', `failed to create typed patch object (${at}): ${error.message}`);
  }
}

function rescale(
  registry: Registry,
  request: WriteRequest,
  name: string,
  write: WriteOptions,
  change: (scale: JsonObject) => JsonObject,
): JsonObject {
  const { kind, namespace } = request.target;
  const current: KubeObject = registry.read(kind.resource, namespace, name);
  const scale = change(managedScale(current));
  const replicas = Number(isJsonObject(scale.spec) ? (scale.spec.replicas ?? 0) : 0);
  if (replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalid(scaleKind, name, [{ reason: 'FieldValueInvalid', message, field: 'spec.replicas' }]);
  }
  const { subresource: _scale, ...options } = write;
  return toScale(registry.update(kind.resource, namespace, name, withScale(current, scale), options));
}

type Patch = (current: JsonObject, wanted: WantedKind) => JsonObject;

function patchFunction({ contentType, body }: WriteRequest): Patch | undefined {
  if (contentType === 'application/json-patch+json') {
    return (current) => {
      const patched = jsonPatch(current, readJsonPatch(body));
      return isJsonObject(patched) ? patched : {};
    };
  }
  if (contentType === 'application/merge-patch+json') {
    return (current) => mergePatch(current, readMergePatch(body)) as JsonObject;
  }
  if (contentType === 'application/strategic-merge-patch+json') {
    return (current, wanted) =>
      strategicMergePatch(current, readStrategicPatch(body), shapeOfKind(wanted)) as JsonObject;
  }
  return undefined;
}

/** The patched object, read as one that was sent; a refusal quotes it, or the strategic patch. */
function readPatched(
  patched: JsonObject,
  wanted: WantedKind,
  { contentType, body }: WriteRequest,
  options: WriteOptionsQuery,
): ReturnType<typeof checked> {
  const isStrategic = contentType === 'application/strategic-merge-patch+json';
  const refuse = (why: string): StatusError => {
    const quoted = isStrategic ? goText(readStrategicPatch(body)) : JSON.stringify(patched);
    const message = `Invalid value: ${JSON.stringify(quoted)}: ${why}`;
    return invalid({ kind: '', group: '' }, '', [{ reason: 'FieldValueInvalid', message, field: 'patch' }]);
  };
  const [apiVersion, kind] = [textOf(patched.apiVersion), textOf(patched.kind)];
  if (apiVersion !== apiVersionOf(wanted as Kind) || kind !== wanted.kind)
    throw refuse(notRegistered(kind, apiVersion));
  try {
    return checked(patched, shapeOfKind(wanted), options.fieldValidation);
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(isStrategic ? error.ofPatch : error.message);
    if (error instanceof StrictError) throw refuse(error.message);
    throw error;
  }
}

/** DeleteOptions come as a body or as query parameters; the body wins. */
export function parseDeleteOptions(request: WriteRequest): DeleteOptions {
  const { query } = request;
  const body = readDeleteOptions(request.body, request.contentType);
  const grace = body.gracePeriodSeconds ?? integer(query, 'gracePeriodSeconds');
  const orphans =
    body.orphanDependents ?? (query.has('orphanDependents') ? query.get('orphanDependents') === 'true' : undefined);
  const given = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  const causes: Cause[] = [];
  const cause = (message: string, reason: string): number =>
    causes.push({ reason, message, field: 'propagationPolicy' });
  if (given !== undefined && orphans !== undefined) {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    cause(`Invalid value: ${JSON.stringify(given)}: ${why}`, 'FieldValueInvalid');
  } else if (given !== undefined && !isPolicy(given)) {
    const supported = '"Foreground", "Background", "Orphan", "nil"';
    cause(`Unsupported value: ${JSON.stringify(given)}: supported values: ${supported}`, 'FieldValueNotSupported');
  }
  if (causes.length) throw invalidOptions('DeleteOptions', causes);
  const policy = isPolicy(given) ? given : orphans === true ? 'Orphan' : undefined;
  const preconditions = isJsonObject(body.preconditions) ? body.preconditions : {};
  const dryRunInBody = Array.isArray(body.dryRun) && body.dryRun.includes('All');
  return {
    client: clientOf(request, 'delete', { fieldManager: undefined }),
    dryRun: dryRunInBody || query.get('dryRun') === 'All',
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(grace !== undefined && grace !== null ? { gracePeriodSeconds: Number(grace) } : {}),
    preconditions: {
      ...(typeof preconditions.uid === 'string' ? { uid: preconditions.uid } : {}),
      ...(typeof preconditions.resourceVersion === 'string' ? { resourceVersion: preconditions.resourceVersion } : {}),
    },
  };
}

type Policy = NonNullable<DeleteOptions['propagationPolicy']>;

function isPolicy(value: Json | undefined): value is Policy {
  return value === 'Background' || value === 'Foreground' || value === 'Orphan';
}

function clientOf(
  request: WriteRequest,
  verb: Client['verb'],
  options: Pick<WriteOptionsQuery, 'fieldManager'>,
): Client {
  const fromAgent = request.userAgent.split('/')[0] || 'unknown';
  const { subresource } = request.target;
  const manager = options.fieldManager || fromAgent;
  return { verb, manager, address: request.address, ...(subresource ? { subresource } : {}) };
}

function checkNamespace(body: JsonObject, namespace: string | undefined): void {
  const metadata = isJsonObject(body.metadata) ? body.metadata : {};
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function checkName(body: JsonObject, name: string): void {
  const metadata = isJsonObject(body.metadata) ? body.metadata : {};
  if (!metadata.name) {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (metadata.name !== name) {
    throw badRequest(`the name of the object (${textOf(metadata.name)}) does not match the name on the URL (${name})`);
  }
}
