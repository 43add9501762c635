export { type EmbeddedCluster, type EmbeddedClusterOptions, startEmbeddedCluster } from './embedded-cluster.js';
export type { Fault } from './faults.js';
export type { Write } from './registry.js';
export { defaultTimings, type Timings } from './timings.js';
