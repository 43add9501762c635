import { ClusterError } from '../connection/cluster-error.js';
import type { Transport } from '../connection/transport.js';
import { apiVersionOf, collectionPath, type Kind, type KindTypes } from './kinds.js';
import { withoutManagedFields, type KubeObject } from './kube-object.js';

const PAGE = 500;

export interface ListOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects per request, not in all. Default 500. */
  readonly limit?: number;
  /** Gives the call up early: it then throws `unreachable`, reason `Aborted`. */
  readonly signal?: AbortSignal;
}

export interface Listed<T> {
  readonly items: T[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

interface Page {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: { apiVersion?: string; kind?: string }[] | null;
}

/** Every object, page by page, of one moment. Starts again, once, when the cluster forgot that moment between two pages. */
export async function listObjects<K extends Kind>(
  transport: Transport,
  kind: K,
  options: ListOptions = {},
  accept?: string,
): Promise<Listed<KindTypes[K]>> {
  try {
    return await listPages(transport, kind, options, accept);
  } catch (error) {
    if (error instanceof ClusterError && error.kind === 'gone') {
      return listPages(transport, kind, options, accept);
    }
    throw error;
  }
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches; a server that does not know it sends all. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/** As `listObjects`, without what the objects hold: the server leaves it out. */
export async function listMetadata(
  transport: Transport,
  kind: Kind,
  options: ListOptions = {},
): Promise<Listed<Pick<KubeObject, 'metadata'>>> {
  return listObjects(transport, kind, options, METADATA_ONLY);
}

async function listPages<K extends Kind>(
  transport: Transport,
  kind: K,
  options: ListOptions,
  accept: string | undefined,
): Promise<Listed<KindTypes[K]>> {
  const items: KindTypes[K][] = [];
  let next: string | undefined;
  for (;;) {
    const page: Page = await transport.call<Page>('GET', collectionPath(kind, options.namespace), {
      query: {
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        limit: options.limit ?? PAGE,
        continue: next,
      },
      accept,
      signal: options.signal,
    });
    for (const item of page.items ?? []) {
      // Items of a list carry neither; one that is taken out of it must say what it is.
      item.apiVersion = apiVersionOf(kind);
      item.kind = kind;
      items.push(withoutManagedFields(item) as KindTypes[K]);
    }
    next = page.metadata?.continue;
    if (next === undefined || next === '') {
      return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
    }
  }
}
