// The edge: who may ask, how long a body may be, which fault is planned, and how an answer or a refusal goes out.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { discover } from './discovery.js';
import type { Fault, Faults } from './faults.js';
import { apiVersionOf, type Kind, kindOf, verbsOf } from './kinds.js';
import { listObjects } from './list-objects.js';
import type { PodLogs } from './logs.js';
import { type JsonObject, type KubeObject, textOf } from './objects.js';
import { listOptions } from './options.js';
import { parseMetricsTarget, podMetrics } from './pod-metrics.js';
import type { Registry } from './registry.js';
import { parseTarget, type ResourceTarget } from './request-target.js';
import { toScale } from './scale.js';
import { type Matcher, parseFieldSelector, parseLabelSelector } from './selectors.js';
import { selfReview } from './self-reviews.js';
import { serveLog } from './serve-log.js';
import { badRequest, forbidden, methodNotAllowed, staleVersion, StatusError } from './status-error.js';
import { toPartial, toPartialList, toTable } from './table.js';
import type { Timings } from './timings.js';
import { checkVersion, watch } from './watch.js';
import {
  createObject,
  parseDeleteOptions,
  patchObject,
  replaceObject,
  type WriteRequest,
  type Written,
} from './write-object.js';

const bodyLimit = 3 * 1024 * 1024;
const openPaths = new Set(['/version', '/healthz', '/livez', '/readyz']);

export interface HttpDependencies {
  readonly registry: Registry;
  readonly logs: PodLogs;
  readonly faults: Faults;
  readonly token: string;
  readonly timings: Timings;
  /** Whether metrics.k8s.io is served. */
  readonly metrics: boolean;
  readonly log: (line: string) => void;
}

export async function handleRequest(
  dependencies: HttpDependencies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'https://embedded');
    const isKnown = authenticate(request, dependencies.token);
    if (!isKnown && !openPaths.has(url.pathname)) throw forbiddenToAnonymous(request.method ?? 'GET', url);
    const review = request.method === 'POST' ? selfReview(url.pathname) : undefined;
    if (review) return sendJson(response, 201, review);
    if (dependencies.metrics && (await serveMetrics(dependencies, url, request, response))) return;
    const target = parseTarget(request.method ?? 'GET', url);
    const fault = dependencies.faults.take(target ? faultTarget(target, request) : { verb: 'discovery' });
    if (fault) await sufferBefore(fault, target, request);
    if (fault?.drop === 'after') loseAnswer(response, request);
    if (target) await serveResource(dependencies, target, url, request, response);
    else serveDiscovery(dependencies, url, request, response);
  } catch (error) {
    if (error instanceof ConnectionDropped || response.destroyed) return;
    if (!(error instanceof StatusError)) dependencies.log(`${request.method} ${request.url}: ${String(error)}`);
    refuse(response, error);
  }
}

/** Whether it is somebody; nobody is who shows no token. */
function authenticate(request: IncomingMessage, token: string): boolean {
  if (request.headers.authorization === undefined) return false;
  const given = Buffer.from(request.headers.authorization);
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new StatusError(401, 'Unauthorized', 'Unauthorized');
  }
  return true;
}

function forbiddenToAnonymous(method: string, url: URL): StatusError {
  const target = parseTarget(method, url);
  if (!target) {
    const message = `forbidden: User "system:anonymous" cannot ${method.toLowerCase()} path ${JSON.stringify(url.pathname)}`;
    return new StatusError(403, 'Forbidden', message, {});
  }
  const { kind, name = '', verb } = target;
  const namespace = target.namespace ?? (kind.resource === 'namespaces' ? name : '');
  const where = namespace ? ` in the namespace ${JSON.stringify(namespace)}` : ' at the cluster scope';
  const resource = `resource ${JSON.stringify(kind.resource)} in API group ${JSON.stringify(kind.group)}`;
  return forbidden(kind, name, `User "system:anonymous" cannot ${verb} ${resource}${where}`);
}

function serveDiscovery(
  { metrics }: HttpDependencies,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = url.pathname.replace(/\/$/, '');
  const found = discover(path, `${request.socket.localAddress}:${request.socket.localPort}`, metrics);
  if (found === undefined) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
    return;
  }
  if (request.method !== 'GET') throw methodNotAllowed();
  if (typeof found === 'string') response.writeHead(200, { 'Content-Type': 'text/plain' }).end(found);
  else sendJson(response, 200, found);
}

/** False for what is none of their paths. */
async function serveMetrics(
  { registry, faults }: HttpDependencies,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const target = parseMetricsTarget(request.method ?? 'GET', url);
  if (!target) return false;
  const fault = faults.take({ ...target, resource: 'pods.metrics.k8s.io' });
  if (fault) await sufferBefore(fault, undefined, request);
  if (fault?.drop === 'after') loseAnswer(response, request);
  sendJson(response, 200, podMetrics(registry, target, matcher(url.searchParams, kindOf('pods'))));
  return true;
}

async function serveResource(
  { registry, logs, timings }: HttpDependencies,
  target: ResourceTarget,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { kind, namespace, name, subresource, verb } = target;
  const query = url.searchParams;
  const asTable = /as=Table/.test(request.headers.accept ?? '') && subresource === undefined;
  const metadataOnly =
    !asTable && /as=PartialObjectMetadata/.test(request.headers.accept ?? '') && subresource === undefined;
  const include = query.get('includeObject');
  if (kind.warning !== undefined) response.setHeader('Warning', `299 - ${JSON.stringify(kind.warning)}`);
  if (asTable) checkIncludeObject(include);

  if (!verbsOf(kind, subresource).includes(verb === 'log' ? 'get' : verb)) throw methodNotAllowed();
  if (verb === 'log') {
    serveLog(registry.read('pods', namespace, name ?? ''), logs, query, response);
    return;
  }
  if (verb === 'get') {
    checkVersion(query.get('resourceVersion') ?? '');
    const object: KubeObject = registry.read(kind.resource, namespace, name ?? '');
    if (subresource === 'scale') sendJson(response, 200, toScale(object));
    else if (asTable) sendJson(response, 200, toTable(kind.resource, [object], tableMetadata(object), include));
    else if (metadataOnly) sendJson(response, 200, toPartial(object));
    else sendJson(response, 200, object);
    return;
  }
  if (verb === 'list') {
    const options = listOptions(query, false);
    const { objects, metadata } = listObjects(registry.store, kind, namespace, matcher(query, kind), options);
    if (asTable) sendJson(response, 200, toTable(kind.resource, objects, metadata, include));
    else if (metadataOnly) sendJson(response, 200, toPartialList(objects, metadata));
    else sendJson(response, 200, toList(kind, objects, metadata));
    return;
  }
  if (verb === 'watch') {
    let isFirst = true;
    const encode = (object: KubeObject): JsonObject => {
      if (metadataOnly) return toPartial(object);
      if (!asTable) return object;
      const table = toTable(kind.resource, [object], tableMetadata(object), include, isFirst);
      isFirst = false;
      return table;
    };
    serveWatch(registry, target, query, timings, encode, response);
    return;
  }

  const write: WriteRequest = {
    target,
    query,
    contentType: (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    address: request.socket.remoteAddress,
    body: await readBody(request),
  };
  if (verb === 'create' && name === undefined) send(response, createObject(registry, write));
  else if (verb === 'update' && name !== undefined) send(response, replaceObject(registry, write, name));
  else if (verb === 'patch' && name !== undefined) send(response, patchObject(registry, write, name));
  else if (verb === 'delete' && name !== undefined && subresource === undefined) {
    const { object, gone } = registry.delete(kind.resource, namespace, name, parseDeleteOptions(write));
    sendJson(response, 200, gone && !kind.deletedIsReturned ? deletedStatus(kind, object) : object);
  } else if (verb === 'deletecollection' && kind.namespaced === (namespace !== undefined)) {
    const { objects, metadata } = listObjects(
      registry.store,
      kind,
      namespace,
      matcher(query, kind),
      listOptions(query, false),
    );
    const options = parseDeleteOptions(write);
    for (const object of objects) {
      registry.delete(kind.resource, object.metadata.namespace, object.metadata.name, options);
    }
    sendJson(response, 200, toList(kind, objects, metadata));
  } else throw methodNotAllowed();
}

function checkIncludeObject(include: string | null): void {
  if (['', 'Metadata', 'Object', 'None'].includes(include ?? '')) return;
  const why = `includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: ${why}`);
}

function serveWatch(
  registry: Registry,
  target: ResourceTarget,
  query: URLSearchParams,
  timings: Timings,
  encode: (object: KubeObject) => JsonObject,
  response: ServerResponse,
): void {
  const { kind, namespace } = target;
  const options = listOptions(query, true);
  const matches = matcher(query, kind) ?? (() => true);
  checkVersion(options.resourceVersion);
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.flushHeaders();
  const stop = watch(
    registry.store,
    { kind, namespace, matches, options, encode, bookmarkMs: timings.bookmarkMs },
    (event) => response.write(`${JSON.stringify(event)}\n`),
    () => response.end(),
  );
  response.on('close', stop);
}

/** Undefined when everything matches. */
function matcher(query: URLSearchParams, kind: Kind): Matcher | undefined {
  const [labels, fields] = [query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''];
  const matchers = [
    ...(labels ? [parseLabelSelector(labels)] : []),
    ...(fields ? [parseFieldSelector(fields, kind)] : []),
  ];
  return matchers.length ? (object) => matchers.every((matches) => matches(object)) : undefined;
}

/** Items of a list carry neither kind nor apiVersion, as with the real server. */
function toList(kind: Kind, objects: readonly KubeObject[], metadata: JsonObject): JsonObject {
  const items = objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest);
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items };
}

function tableMetadata(object: KubeObject): JsonObject {
  return { resourceVersion: object.metadata.resourceVersion };
}

function deletedStatus(kind: Kind, { metadata }: KubeObject): JsonObject {
  const group = kind.group ? { group: kind.group } : {};
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: metadata.name, ...group, kind: kind.resource, uid: metadata.uid },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) {
      throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${bodyLimit}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { object, created, warnings }: Written): void {
  const header = warnings.map((warning) => `299 - ${JSON.stringify(warning)}`).join(', ');
  if (header) response.setHeader('Warning', header);
  sendJson(response, created ? 201 : 200, object);
}

function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const refusal =
    error instanceof StatusError
      ? error
      : new StatusError(500, 'InternalError', `Internal error occurred: ${String(error)}`);
  const retry = refusal.details?.retryAfterSeconds;
  if (retry !== undefined) response.setHeader('Retry-After', textOf(retry));
  sendJson(response, refusal.code, refusal.toStatus());
}

class ConnectionDropped extends Error {}

function faultTarget(target: ResourceTarget, request: IncomingMessage): Parameters<Faults['take']>[0] {
  const applying = target.verb === 'patch' && request.headers['content-type']?.startsWith('application/apply-patch');
  return {
    verb: applying ? 'apply' : target.verb,
    resource: target.kind.resource,
    ...(target.namespace !== undefined ? { namespace: target.namespace } : {}),
    ...(target.name !== undefined ? { name: target.name } : {}),
    ...(target.subresource !== undefined ? { subresource: target.subresource } : {}),
  };
}

const reasons: Readonly<Record<number, string>> = {
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

async function sufferBefore(fault: Fault, target: ResourceTarget | undefined, request: IncomingMessage): Promise<void> {
  if (fault.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs).unref());
  if (fault.drop === true || fault.drop === 'before') {
    request.socket.destroy();
    throw new ConnectionDropped();
  }
  if (fault.status === undefined) return;
  if (fault.status === 409 && target?.name !== undefined) throw staleVersion(target.kind, target.name);
  const retryAfterSeconds = fault.retryAfterSeconds;
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  throw new StatusError(fault.status, reasons[fault.status] ?? 'Unknown', 'this answer is a planned fault', details);
}

/** Lets the request be carried out, and cuts the connection instead of answering. */
function loseAnswer(response: ServerResponse, request: IncomingMessage): void {
  const cut = (): ServerResponse => {
    setImmediate(() => request.socket.destroy());
    return response;
  };
  response.end = cut;
  response.flushHeaders = cut;
}
