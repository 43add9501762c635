import type { Pod } from '../objects.js';
import { parseQuantity } from '../quantities.js';
import type { Registry } from '../registry.js';
import type { Change } from '../store.js';
import { withCondition } from './conditions.js';
import type { Controller } from './control-loop.js';
import type { EventRecorder } from './record-event.js';

/**
 * Puts pods on the one node. A pod that asks for more than the whole node offers stays Unschedulable; what other pods use is not
 * summed up, so that a long demonstration never fills the simulated node.
 */
export class SchedulePods implements Controller {
  readonly name = 'scheduler';

  constructor(
    private readonly registry: Registry,
    private readonly events: EventRecorder,
  ) {}

  *wake({ resource, object, type }: Change): Iterable<string> {
    if (resource === 'pods' && type === 'ADDED') yield `${object.metadata.namespace}/${object.metadata.name}`;
    if (resource === 'nodes') {
      for (const { metadata } of this.registry.store.list('pods')) yield `${metadata.namespace}/${metadata.name}`;
    }
  }

  reconcile(key: string): undefined {
    const [namespace = '', name = ''] = key.split('/');
    const pod = this.registry.store.get('pods', namespace, name);
    if (!pod || pod.spec.nodeName || pod.metadata.deletionTimestamp !== undefined) return;
    const node = this.registry.store.list('nodes')[0];
    const obstacle = node ? whyNot(pod, node) : '0/0 nodes are available.';
    if (obstacle !== undefined) {
      const preemption =
        'no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
      const message = `0/1 nodes are available: ${obstacle}. ${preemption}`;
      const conditions = withCondition(pod.status?.conditions, {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
        lastProbeTime: null,
        observedGeneration: pod.metadata.generation ?? 1,
      });
      this.registry.updateStatus('pods', pod, { ...pod.status, phase: 'Pending', conditions });
      this.events.record('default-scheduler', pod, { type: 'Warning', reason: 'FailedScheduling', message });
      return;
    }
    const nodeName = node?.metadata.name ?? '';
    const conditions = withCondition(pod.status?.conditions, {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      observedGeneration: pod.metadata.generation ?? 1,
    });
    this.registry.change('pods', pod, (current) => ({
      ...current,
      spec: { ...current.spec, nodeName },
      status: {
        ...current.status,
        phase: 'Pending',
        conditions: conditions.map(({ reason: _reason, message: _message, ...rest }) => rest),
      },
    }));
    this.events.record('default-scheduler', pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    });
  }
}

function whyNot(
  pod: Pod,
  node: { metadata: { labels?: Record<string, string> }; status?: object },
): string | undefined {
  const labels = node.metadata.labels ?? {};
  const wanted = Object.entries(pod.spec.nodeSelector ?? {});
  if (wanted.some(([key, value]) => labels[key] !== value))
    return "1 node(s) didn't match Pod's node affinity/selector";
  const { allocatable = {} } = (node.status ?? {}) as { allocatable?: Record<string, string> };
  const lacking = ['cpu', 'memory'].filter((resource) => {
    const asked = pod.spec.containers
      .map((container) => parseQuantity(container.resources?.requests?.[resource] ?? 0) ?? 0)
      .reduce((sum, value) => sum + value, 0);
    return asked > (parseQuantity(allocatable[resource] ?? 0) ?? 0);
  });
  return lacking.map((resource) => `1 Insufficient ${resource}`).join(', ') || undefined;
}
