// Owns what the watches have told of our objects, by the App or Environment that they belong to, so that a pass over an App that rests
// asks the cluster next to nothing. Memory grows with the objects; finding those of one App does not.
import type { Change, KubeObject } from '@slipway/cluster';

import { INSTANCE } from './desired-objects.js';

export class KnownObjects {
  private readonly byInstance = new Map<string, Map<string, KubeObject>>();
  private readonly instances = new Map<string, string>();

  /** Takes a change in, and returns whose object it was and is: nobody's, one's, or two's when its label was changed. */
  take({ type, object }: Change<KubeObject>): string[] {
    const key = `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const before = this.instances.get(key);
    const after = type === 'removed' ? undefined : object.metadata.labels?.[INSTANCE];
    if (before !== undefined && before !== after) this.forget(before, key);
    if (after !== undefined) {
      this.instances.set(key, after);
      const objects = this.byInstance.get(after) ?? new Map<string, KubeObject>();
      this.byInstance.set(after, objects.set(key, object));
    }
    return [...new Set([before, after])].filter((instance) => instance !== undefined);
  }

  of(instance: string): KubeObject[] {
    return [...(this.byInstance.get(instance)?.values() ?? [])];
  }

  private forget(instance: string, key: string): void {
    this.instances.delete(key);
    const objects = this.byInstance.get(instance);
    objects?.delete(key);
    if (objects?.size === 0) this.byInstance.delete(instance);
  }
}
