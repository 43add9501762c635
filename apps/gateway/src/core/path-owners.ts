// Which dialect answers a path, by its first segment, under `api` by the second as well. What nobody else owns belongs to Container
// Engine: it is the home dialect, and somebody has to word the 404.
import { Dialect } from '@slipway/contracts';

export type PathOwner = Dialect | 'gateway';

const FIRST: ReadonlyMap<string, PathOwner> = new Map([
  ...['v1', 'health'].map((segment) => [segment, Dialect.containerEngine] as const),
  ...['services', 'apps', 'swap', 'quota', 'healers', 'platforms', 'users', 'teams', 'tokens', 'healthcheck'].map(
    (segment) => [segment, Dialect.tsuru] as const,
  ),
  ['namespace', Dialect.lastBackend],
  ...['livez', 'readyz', 'metrics', 'docs'].map((segment) => [segment, 'gateway'] as const),
]);

const PORTER_UNDER_API = new Set(['users', 'login', 'logout', 'auth', 'charts', 'releases', 'k8s']);

/** The owner of a path without its query. A malformed escape stays as it is, so that its dialect can refuse it. */
export function ownerOfPath(path: string): PathOwner {
  const [first = '', second = ''] = path.split('/', 3).slice(1).map(decodeLeniently);
  if (first === 'api') return PORTER_UNDER_API.has(second) ? Dialect.porter : Dialect.kubevela;
  return FIRST.get(first) ?? Dialect.containerEngine;
}

/** False for what is Container Engine's only because nobody else owns it. */
export function isOwnedPath(path: string): boolean {
  const first = decodeLeniently(path.split('/', 2)[1] ?? '');
  return first === 'api' || FIRST.has(first);
}

function decodeLeniently(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
