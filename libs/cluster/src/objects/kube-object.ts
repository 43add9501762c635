import type { Kind } from './kinds.js';

/** What every object has, whatever its kind. Times are RFC 3339 text, as they are on the wire. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  metadata: KubeMetadata;
  spec?: unknown;
  status?: unknown;
}

export interface KubeMetadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  ownerReferences?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid: string;
    controller?: boolean;
    blockOwnerDeletion?: boolean;
  }[];
}

/** Names one object; `namespace` is left out for kinds of the whole cluster. */
export interface ObjectRef {
  readonly kind: Kind;
  readonly namespace?: string;
  readonly name: string;
}

/**
 * A client-node type as its JSON is: that library turns times into Date objects when it reads an answer and drops fields that
 * it does not know; we keep answers as they came.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T]: Wire<T[Key]> }
      : T;

/** A client-node type as it is on the wire, with the identity that every object of a cluster has. */
export type Typed<T> = Omit<Wire<T>, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly apiVersion: string;
  readonly kind: string;
  metadata: KubeMetadata;
};

/** Drops the managed fields, often half of an object and of use to nobody who reads it. */
export function withoutManagedFields<T>(object: T): T {
  if (typeof object === 'object' && object !== null && 'metadata' in object) {
    const { metadata } = object;
    if (typeof metadata === 'object' && metadata !== null && 'managedFields' in metadata) {
      delete metadata.managedFields;
    }
  }
  return object;
}
