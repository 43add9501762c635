import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';
import { PodRun, type PodRunDependencies } from './run-pod.js';

/** The node's agent: runs the pods that are bound to the node, by uid, since a name can come again. */
export class RunPods implements Controller {
  readonly name = 'kubelet';
  private readonly runs = new Map<string, PodRun>();
  private readonly images = new Set<string>();
  private addresses = 1;

  constructor(private readonly dependencies: PodRunDependencies) {}

  *wake({ resource, object }: Change): Iterable<string> {
    if (resource === 'pods') yield object.metadata.uid;
  }

  reconcile(uid: string): undefined {
    const pod = this.dependencies.registry.store.findByUid(uid)?.object;
    const run = this.runs.get(uid);
    if (!pod) {
      run?.stop();
      this.runs.delete(uid);
      this.dependencies.logs.drop(uid);
      return;
    }
    if (pod.metadata.deletionTimestamp !== undefined) run?.terminate();
    else if (!run && pod.spec?.nodeName) {
      const live = this.dependencies.registry.store.get('pods', pod.metadata.namespace, pod.metadata.name);
      if (!live) return;
      const started = new PodRun(this.dependencies, live, this.nextAddress(), this.images);
      this.runs.set(uid, started);
      started.start();
    }
  }

  reset(): void {
    for (const run of this.runs.values()) run.stop();
    this.runs.clear();
    this.images.clear();
  }

  private nextAddress(): string {
    this.addresses += 1;
    return `10.244.${(this.addresses >> 8) & 255}.${this.addresses & 255}`;
  }
}
