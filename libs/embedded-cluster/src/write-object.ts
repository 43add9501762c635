import { parse } from 'yaml';

import { jsonPatch } from './json-patch.js';
import { apiVersionOf, type Kind } from './kinds.js';
import { fieldsLastApplied, withLastApplied } from './last-applied.js';
import { mergePatch } from './merge-patch.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject, textOf } from './objects.js';
import type { Client, DeleteOptions, Registry } from './registry.js';
import type { ResourceTarget } from './request-target.js';
import { toScale, withScale } from './scale.js';
import { applyServerSide } from './server-side-apply.js';
import { badRequest, invalid, notFound, unsupportedMediaType } from './status-error.js';
import { strategicMergePatch } from './strategic-merge-patch.js';

export interface WriteRequest {
  readonly target: ResourceTarget;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
}

export interface Written {
  readonly object: KubeObject | JsonObject;
  readonly created: boolean;
}

const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

export function createObject(registry: Registry, request: WriteRequest): Written {
  const { kind, namespace } = request.target;
  const body = parseObject(request);
  checkIdentity(kind, body, namespace, undefined);
  const object = registry.create(kind.resource, namespace, body, {
    client: clientOf(request, 'create'),
    ...dryRun(request),
  });
  return { object, created: true };
}

export function replaceObject(registry: Registry, request: WriteRequest, name: string): Written {
  const { kind, namespace, subresource } = request.target;
  const body = parseObject(request);
  if (subresource === 'scale') return { object: rescale(registry, request, name, () => body), created: false };
  checkIdentity(kind, body, namespace, name);
  const options = { client: clientOf(request, 'update'), ...dryRun(request), ...(subresource ? { subresource } : {}) };
  return { object: registry.update(kind.resource, namespace, name, body, options), created: false };
}

export function patchObject(registry: Registry, request: WriteRequest, name: string): Written {
  const { kind, namespace, subresource } = request.target;
  if (request.contentType === 'application/apply-patch+yaml') return applyObject(registry, request, name);
  const change = patchFunction(request);
  if (subresource === 'scale') return { object: rescale(registry, request, name, change), created: false };
  const current: KubeObject = registry.read(kind.resource, namespace, name);
  const patched = change(current);
  checkIdentity(kind, patched, namespace, name);
  const options = { client: clientOf(request, 'patch'), ...dryRun(request), ...(subresource ? { subresource } : {}) };
  return { object: registry.update(kind.resource, namespace, name, patched, options), created: false };
}

function applyObject(registry: Registry, request: WriteRequest, name: string): Written {
  const { kind, namespace, subresource } = request.target;
  const manager = request.query.get('fieldManager');
  if (!manager) {
    throw invalid({ kind: 'PatchOptions', group: 'meta.k8s.io' }, '', [
      { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
    ]);
  }
  if (subresource === 'scale') throw unsupportedMediaType(patchTypes.slice(0, 3));
  const config = parseObject(request);
  checkIdentity(kind, config, namespace, name);
  const { managedFields } = (config.metadata ?? {}) as JsonObject;
  if (managedFields !== undefined && managedFields !== null) throw badRequest('metadata.managedFields must be nil');
  const live: KubeObject | undefined = registry.store.get(kind.resource, namespace, name);
  const apiVersion = apiVersionOf(kind);
  const options = { client: clientOf(request, 'apply'), ...dryRun(request), ...(subresource ? { subresource } : {}) };
  if (!live && subresource) throw notFound(kind, name);
  const applied = applyServerSide({
    live,
    config: { ...config, apiVersion },
    manager,
    force: request.query.get('force') === 'true',
    free: fieldsLastApplied(live, manager),
    ...(subresource ? { subresource } : {}),
  });
  const merged = withLastApplied(applied, config, manager);
  if (live) return { object: registry.update(kind.resource, namespace, name, merged, options), created: false };
  const named = { ...merged, metadata: { ...(merged.metadata as JsonObject), name } };
  return { object: registry.create(kind.resource, namespace, named, options), created: true };
}

function rescale(
  registry: Registry,
  request: WriteRequest,
  name: string,
  change: (scale: JsonObject) => JsonObject,
): JsonObject {
  const { kind, namespace } = request.target;
  const current: KubeObject = registry.read(kind.resource, namespace, name);
  const client = clientOf(request, request.contentType.includes('patch') ? 'patch' : 'update');
  const options = { client: { ...client, subresource: 'scale' }, ...dryRun(request) };
  return toScale(
    registry.update(kind.resource, namespace, name, withScale(current, change(toScale(current))), options),
  );
}

function patchFunction(request: WriteRequest): (current: JsonObject) => JsonObject {
  const patch = parseJson(request.body);
  const patchers: Record<string, (current: JsonObject) => Json> = {
    'application/json-patch+json': (current) => jsonPatch(current, patch),
    'application/merge-patch+json': (current) => mergePatch(current, patch),
    'application/strategic-merge-patch+json': (current) => strategicMergePatch(current, patch),
  };
  const patcher = patchers[request.contentType];
  if (!patcher) throw unsupportedMediaType(patchTypes);
  return (current) => {
    const patched = patcher(current);
    if (!isJsonObject(patched)) throw badRequest('the patch leaves no object');
    return patched;
  };
}

/** DeleteOptions come as a body or as query parameters; the body wins. */
export function parseDeleteOptions(request: WriteRequest): DeleteOptions {
  const body = request.body.trim() === '' ? {} : parseObject(request);
  const grace = body.gracePeriodSeconds ?? request.query.get('gracePeriodSeconds');
  const orphan = body.orphanDependents === true || request.query.get('orphanDependents') === 'true';
  const policy = body.propagationPolicy ?? request.query.get('propagationPolicy') ?? (orphan ? 'Orphan' : undefined);
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    throw invalid({ kind: 'DeleteOptions', group: 'meta.k8s.io' }, '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(policy)}: must be one of Background, Foreground, Orphan`,
        field: 'propagationPolicy',
      },
    ]);
  }
  const preconditions = isJsonObject(body.preconditions) ? body.preconditions : {};
  const dryRunInBody = Array.isArray(body.dryRun) && body.dryRun.includes('All');
  return {
    client: clientOf(request, 'delete'),
    dryRun: dryRunInBody || request.query.get('dryRun') === 'All',
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(grace !== undefined && grace !== null ? { gracePeriodSeconds: Number(grace) } : {}),
    preconditions: {
      ...(typeof preconditions.uid === 'string' ? { uid: preconditions.uid } : {}),
      ...(typeof preconditions.resourceVersion === 'string' ? { resourceVersion: preconditions.resourceVersion } : {}),
    },
  };
}

function clientOf(request: WriteRequest, verb: Client['verb']): Client {
  const fromAgent = request.userAgent.split('/')[0] || 'unknown';
  const { subresource } = request.target;
  return { verb, manager: request.query.get('fieldManager') ?? fromAgent, ...(subresource ? { subresource } : {}) };
}

function dryRun(request: WriteRequest): { dryRun: boolean } {
  return { dryRun: request.query.get('dryRun') === 'All' };
}

function checkIdentity(kind: Kind, body: JsonObject, namespace: string | undefined, name: string | undefined): void {
  const wanted = apiVersionOf(kind);
  if ((body.apiVersion ?? wanted) !== wanted || (body.kind ?? kind.kind) !== kind.kind) {
    throw badRequest(
      `the API version and kind in the data (${textOf(body.apiVersion)}, ${textOf(body.kind)}) do not match the expected ones (${wanted}, ${kind.kind})`,
    );
  }
  const metadata = isJsonObject(body.metadata) ? body.metadata : {};
  if (name !== undefined && metadata.name !== undefined && metadata.name !== name) {
    throw badRequest(`the name of the object (${textOf(metadata.name)}) does not match the name on the URL (${name})`);
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

const bodyTypes = ['application/json', 'application/yaml'];

function parseObject({ body, contentType }: WriteRequest): JsonObject {
  let value: unknown;
  if (contentType === 'application/apply-patch+yaml' || contentType === 'application/yaml') {
    try {
      value = parse(body);
    } catch (error) {
      throw badRequest(`error decoding YAML: ${(error as Error).message}`);
    }
  } else if (contentType === '' || contentType.endsWith('json')) value = parseJson(body);
  else throw unsupportedMediaType(bodyTypes);
  if (!isJsonObject(value)) throw badRequest('the request body holds no object');
  return value;
}

function parseJson(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch (error) {
    throw badRequest(`error decoding JSON: ${(error as Error).message}`);
  }
}
