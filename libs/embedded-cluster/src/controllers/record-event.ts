import { randomBytes } from 'node:crypto';

import { type ClusterEvent, type KubeObject, timestamp } from '../objects.js';
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

  constructor(private readonly registry: Registry) {}

  record(component: string, object: KubeObject, { type, reason, message, fieldPath }: EventText): void {
    const { namespace = 'default', name, uid } = object.metadata;
    const at = timestamp();
    const key = JSON.stringify([uid, reason, message, fieldPath]);
    const known = this.known.get(key);
    const existing = known && this.registry.store.get('events', known.namespace, known.name);
    if (existing) {
      this.registry.change('events', existing, (event) => ({ ...event, count: event.count + 1, lastTimestamp: at }));
      return;
    }
    const eventName = `${name}.${randomBytes(8).toString('hex')}`;
    const event: Omit<ClusterEvent, 'metadata' | 'apiVersion' | 'kind'> = {
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        ...(object.metadata.namespace !== undefined ? { namespace } : {}),
        name,
        uid,
        ...(fieldPath ? { fieldPath } : {}),
      },
      reason,
      message,
      type,
      count: 1,
      source: { component },
      firstTimestamp: at,
      lastTimestamp: at,
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
