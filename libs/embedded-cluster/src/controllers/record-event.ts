import { type ClusterEvent, type KubeObject, type Pod, timestamp } from '../objects.js';
import type { Registry } from '../registry.js';
import { StatusError } from '../status-error.js';

const maxEvents = 2000;

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly fieldPath?: string;
}

/** Writes Events, counting up those that repeat. The oldest go when there are many, instead of after an hour. */
export class EventRecorder {
  private readonly known = new Map<string, { namespace: string; name: string }>();

  private last = 0n;

  constructor(private readonly registry: Registry) {}

  record(component: string, object: KubeObject, { type, reason, message, fieldPath }: EventText): void {
    const { namespace = 'default', name, uid } = object.metadata;
    const at = timestamp();
    const key = JSON.stringify([uid, reason, message, fieldPath]);
    const known = this.known.get(key);
    const existing = known && this.registry.store.get('events', known.namespace, known.name);
    if (existing) {
      this.registry.change('events', existing, again);
      return;
    }
    const eventName = `${name}.${this.nextMoment()}`;
    const event: Omit<ClusterEvent, 'metadata' | 'apiVersion' | 'kind'> = {
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        ...(object.metadata.namespace !== undefined ? { namespace } : {}),
        name,
        uid,
        resourceVersion: object.metadata.resourceVersion,
        ...(fieldPath ? { fieldPath } : {}),
      },
      reason,
      message,
      type,
      ...(component === 'default-scheduler' ? newForm(component, reason) : oldForm(component, object, at)),
    };
    try {
      this.registry.create('events', namespace, { ...event, metadata: { name: eventName } });
    } catch (error) {
      // In a namespace that ends nothing can be written any more; an event is no reason to fail.
      if (error instanceof StatusError) return;
      throw error;
    }
    this.known.set(key, { namespace, name: eventName });
    this.trim();
  }

  /** Events are listed in the order in which they happened, since their names end with nanoseconds in hexadecimal. */
  private nextMoment(): string {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.last = now > this.last ? now : this.last + 1n;
    return this.last.toString(16).padStart(16, '0');
  }

  reset(): void {
    this.known.clear();
  }

  private trim(): void {
    if (this.known.size <= maxEvents) return;
    for (const [key, { namespace, name }] of [...this.known].slice(0, maxEvents / 2)) {
      this.known.delete(key);
      if (this.registry.store.get('events', namespace, name)) this.registry.delete('events', namespace, name);
    }
  }
}

type Origin = Pick<
  ClusterEvent,
  | 'action'
  | 'count'
  | 'eventTime'
  | 'firstTimestamp'
  | 'lastTimestamp'
  | 'reportingComponent'
  | 'reportingInstance'
  | 'source'
>;

function oldForm(component: string, object: KubeObject, at: string): Origin {
  const host = component === 'kubelet' ? String((object as Pod).spec.nodeName) : undefined;
  return {
    source: { component, ...(host !== undefined ? { host } : {}) },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
    eventTime: null,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

/** As events.k8s.io has it: the scheduler alone writes so. */
function newForm(component: string, reason: string): Origin {
  return {
    action: reason === 'Scheduled' ? 'Binding' : 'Scheduling',
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: microTime(),
    reportingComponent: component,
    reportingInstance: `${component}-embedded`,
  };
}

function again(event: ClusterEvent): ClusterEvent {
  if (event.eventTime !== null) {
    return { ...event, series: { count: (event.series?.count ?? 1) + 1, lastObservedTime: microTime() } };
  }
  return { ...event, count: (event.count ?? 1) + 1, lastTimestamp: timestamp() };
}

function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
