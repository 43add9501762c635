import { countPods } from '../admission.js';
import type { Registry } from '../registry.js';
import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';

/** Shows in each ResourceQuota what is used of it; of its limits only the number of pods is counted and enforced. */
export class CountQuotas implements Controller {
  readonly name = 'resourcequota-controller';

  constructor(private readonly registry: Registry) {}

  *wake({ resource, object }: Change): Iterable<string> {
    if (resource === 'resourcequotas') yield `${object.metadata.namespace}/${object.metadata.name}`;
    if (resource !== 'pods') return;
    for (const { metadata } of this.registry.store.list('resourcequotas', object.metadata.namespace)) {
      yield `${metadata.namespace}/${metadata.name}`;
    }
  }

  reconcile(key: string): undefined {
    const [namespace = '', name = ''] = key.split('/');
    const quota = this.registry.store.get('resourcequotas', namespace, name);
    if (!quota) return;
    const hard = quota.spec.hard ?? {};
    const pods = String(countPods(this.registry.store.list('pods', namespace)));
    const used = Object.fromEntries(
      Object.keys(hard).map((resource) => [resource, resource === 'pods' || resource === 'count/pods' ? pods : '0']),
    );
    this.registry.updateStatus('resourcequotas', quota, { hard, used });
  }
}
