export type { CleanConnection, Refused, RefusalCode } from './clean-connection.js';
export { isRefused } from './clean-connection.js';
export { KubeconfigError } from './read-kubeconfig.js';
export { listContexts, type ContextSummary } from './list-contexts.js';
export { rebuildKubeconfig, type KubeconfigPolicy } from './rebuild-kubeconfig.js';
