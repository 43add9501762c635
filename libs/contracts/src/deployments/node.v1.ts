import { Nested, OneOf, Optional, Text } from '../fields.js';
import { AppRef } from './deployments.v1.js';

const ADDRESS_SOURCES = ['configuration', 'ingress', 'external', 'internal'] as const;
export type AddressSource = (typeof ADDRESS_SOURCES)[number];

export class GetNodeAddress {
  @Nested(() => AppRef) app: AppRef;
}

/** Where the hosts of an App have to lead. */
export class NodeAddress {
  /** An IP address, or the name that a load balancer has instead; null when nobody knows. */
  @Text({ max: 253 }) @Optional() address: string | null;
  /** Who says so: INGRESS_ADDRESS, the load balancer of the App's Ingress, or a node as its external or internal address. */
  @OneOf(ADDRESS_SOURCES) @Optional() source: AddressSource | null;
}
