import { findKind, type Kind, type Subresource } from './kinds.js';
import { badRequest, unknownPath } from './status-error.js';

export interface ResourceTarget {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: Subresource | undefined;
  readonly verb: string;
}

/** The resource that a path names, undefined for other paths. Throws a 404 for a kind or a subresource that is not served. */
export function parseTarget(method: string, url: URL): ResourceTarget | undefined {
  const parts = url.pathname.split('/').slice(1).map(decodeSegment);
  if (parts.at(-1) === '') parts.pop();
  const [root] = parts;
  const rest = root === 'api' ? parts.slice(2) : root === 'apis' ? parts.slice(3) : [];
  if (rest.length === 0) return undefined;
  const [group, version] = root === 'api' ? ['', parts[1] ?? ''] : [parts[1] ?? '', parts[2] ?? ''];

  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3 && rest[2] !== 'status' && rest[2] !== 'finalize';
  const [resource = '', name, subresource, ...tooMuch] = inNamespace ? rest.slice(2) : rest;
  const kind = findKind(group, version, resource);
  if (!kind || tooMuch.length) throw unknownPath();
  if (kind.namespaced !== inNamespace && (inNamespace || name !== undefined || method === 'POST')) throw unknownPath();
  const known = kind.subresources.find((entry) => entry === subresource);
  if (subresource !== undefined && !known) throw unknownPath();
  const namespace = inNamespace ? rest[1] : undefined;
  return { kind, namespace, name, subresource: known, verb: verbOf(method, url, name, known) };
}

function verbOf(method: string, url: URL, name: string | undefined, subresource: Subresource | undefined): string {
  if (method === 'GET' || method === 'HEAD') {
    if (subresource === 'log') return 'log';
    const watching = url.searchParams.get('watch');
    // An object is watched through its collection; on its own path the parameter means nothing.
    if (name !== undefined) return 'get';
    return watching === 'true' || watching === '1' ? 'watch' : 'list';
  }
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  return name === undefined ? 'deletecollection' : 'delete';
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`the path holds a malformed escape: ${segment}`);
  }
}
