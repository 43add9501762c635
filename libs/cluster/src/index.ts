export type { AccessQuestion } from './access/self-reviews.js';
export { connectCluster, type Cluster, type ClusterVersion } from './cluster.js';
export { ClusterError, type ClusterErrorFacts, type ClusterErrorKind } from './connection/cluster-error.js';
export { inClusterConnection, OperatorConnection, trustedConnection } from './connection/operator-connection.js';
export type { TransportOptions } from './connection/transport.js';
export * from './kubeconfig/index.js';
export type { LeaderElection, LeaseOptions } from './lease/elect-leader.js';
export type { FollowLogOptions } from './logs/follow-log.js';
export type { LogLine, LogSource } from './logs/log-line.js';
export type { ReadLogOptions } from './logs/read-log.js';
export type { AnyObjects, AnyRef } from './objects/any-objects.js';
export type { ApplyOptions } from './objects/apply-object.js';
export { ClusterConnection, type ClusterSource } from './operator/cluster-connection.js';
export {
  KubeconfigContext,
  KubeconfigPath,
  KubernetesServiceHost,
  KubernetesServicePort,
} from './operator/variables.js';
export type { DeleteOptions } from './objects/delete-object.js';
export { apiVersionOf, isKind, isNamespaced, type Kind, type KindTypes } from './objects/kinds.js';
export type { KubeMetadata, KubeObject, ObjectRef, Wire } from './objects/kube-object.js';
export type { ListOptions } from './objects/list-objects.js';
export type { PruneOptions } from './objects/prune-objects.js';
export type * from './objects/typed-objects.js';
export type { Change, ChangeType } from './watch/object-cache.js';
export type { Watcher, WatchOptions } from './watch/watch-objects.js';
