import { usedOf } from '../quotas.js';
import type { Registry } from '../registry.js';
import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';

/** Shows in each ResourceQuota what is used of it. */
export class CountQuotas implements Controller {
  readonly name = 'resourcequota-controller';

  constructor(private readonly registry: Registry) {}

  *wake({ resource, object }: Change): Iterable<string> {
    if (resource === 'resourcequotas') yield `${object.metadata.namespace}/${object.metadata.name}`;
    if (resource === 'events' || object.metadata.namespace === undefined) return;
    for (const { metadata } of this.registry.store.list('resourcequotas', object.metadata.namespace)) {
      yield `${metadata.namespace}/${metadata.name}`;
    }
  }

  reconcile(key: string): undefined {
    const [namespace = '', name = ''] = key.split('/');
    const quota = this.registry.store.get('resourcequotas', namespace, name);
    if (!quota) return;
    const hard = quota.spec.hard ?? {};
    const used = usedOf(this.registry.store, quota);
    this.registry.updateStatus('resourcequotas', quota, { hard, used });
  }
}
