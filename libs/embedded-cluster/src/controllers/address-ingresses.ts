import type { Registry } from '../registry.js';
import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';

/** Gives every Ingress the same address, in place of an ingress controller. No request is ever routed. */
export class AddressIngresses implements Controller {
  readonly name = 'ingress-controller';

  constructor(
    private readonly registry: Registry,
    private readonly address: string,
  ) {}

  *wake({ resource, object }: Change): Iterable<string> {
    if (resource === 'ingresses') yield `${object.metadata.namespace}/${object.metadata.name}`;
  }

  reconcile(key: string): undefined {
    const [namespace = '', name = ''] = key.split('/');
    const ingress = this.registry.store.get('ingresses', namespace, name);
    if (ingress)
      this.registry.updateStatus('ingresses', ingress, { loadBalancer: { ingress: [{ ip: this.address }] } });
  }
}
