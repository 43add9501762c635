import { kinds } from '../kinds.js';
import type { Condition, KubeObject, Namespace } from '../objects.js';
import type { Registry } from '../registry.js';
import type { Change } from '../store.js';
import { withCondition } from './conditions.js';
import type { Controller } from './control-loop.js';

const certificateText =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Gives a new namespace what every namespace has, and empties one that is deleted before it goes. */
export class FinishNamespaces implements Controller {
  readonly name = 'namespace-controller';

  constructor(
    private readonly registry: Registry,
    private readonly caPem: string,
  ) {}

  *wake({ resource, object, type }: Change): Iterable<string> {
    if (resource === 'namespaces') yield object.metadata.name;
    const { namespace } = object.metadata;
    if (namespace !== undefined && (type === 'DELETED' || object.metadata.deletionTimestamp !== undefined))
      yield namespace;
  }

  reconcile(name: string): undefined {
    const namespace = this.registry.store.get('namespaces', undefined, name);
    if (!namespace) return;
    if (namespace.metadata.deletionTimestamp === undefined) this.furnish(name);
    else this.empty(namespace);
  }

  private furnish(namespace: string): void {
    const { store } = this.registry;
    if (!store.get('serviceaccounts', namespace, 'default')) {
      this.registry.create('serviceaccounts', namespace, { metadata: { name: 'default' } });
    }
    if (!store.get('configmaps', namespace, 'kube-root-ca.crt')) {
      const metadata = { name: 'kube-root-ca.crt', annotations: { 'kubernetes.io/description': certificateText } };
      this.registry.create('configmaps', namespace, { metadata, data: { 'ca.crt': this.caPem } });
    }
  }

  private empty(namespace: Namespace): void {
    const { name } = namespace.metadata;
    const contents = (): { resource: string; object: KubeObject }[] =>
      kinds
        .filter((kind) => kind.namespaced)
        .flatMap(({ resource }) => this.registry.store.list(resource, name).map((object) => ({ resource, object })));
    for (const { resource } of kinds.filter((kind) => kind.namespaced)) {
      for (const { metadata } of this.registry.store.list(resource, name)) {
        if (metadata.deletionTimestamp === undefined) this.registry.delete(resource, name, metadata.name);
      }
    }
    const left = contents();
    // A pod within its grace period is waited for without a word.
    const told = left.filter(({ resource, object }) => resource !== 'pods' || object.metadata.finalizers?.length);
    if (left.length && told.length === 0) return;
    if (left.length) {
      this.registry.updateStatus('namespaces', namespace, {
        phase: 'Terminating',
        conditions: whatIsLeft(namespace, told),
      });
      return;
    }
    this.registry.change('namespaces', namespace, (current) => ({
      ...current,
      spec: { ...current.spec, finalizers: [] },
    }));
  }
}

function whatIsLeft(namespace: Namespace, left: readonly { resource: string; object: KubeObject }[]): Condition[] {
  const count = (names: readonly string[]): [string, number][] =>
    [...new Set(names)].sort().map((name) => [name, names.filter((other) => other === name).length]);
  const resources = count(left.map(({ resource }) => resource));
  const finalizers = count(left.flatMap(({ object }) => object.metadata.finalizers ?? []));
  const remaining = resources.map(([resource, number]) => `${resource}. has ${number} resource instances`).join(', ');
  const held = finalizers.map(([finalizer, number]) => `${finalizer} in ${number} resource instances`).join(', ');
  const wanted: Condition[] = [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: 'False',
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    {
      type: 'NamespaceContentRemaining',
      status: 'True',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${remaining}`,
    },
    finalizers.length
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: 'True',
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${held}`,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: 'False',
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ];
  return wanted.reduce<Condition[]>(withCondition, namespace.status?.conditions ?? []);
}
