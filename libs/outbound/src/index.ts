export { AddressFilter, AddressRefusedError, type ResolveAll } from './address-filter.js';
export { connectorBehind } from './connector.js';
export { INTERNAL_NETWORKS } from './networks.js';
export { OutboundAllow } from './variables.js';
