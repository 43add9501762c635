export { SYSTEM_NAMESPACES } from './access/access-file.js';
export { auditedCalls, type AuditedCalls, type Right } from './access/used-rights.js';
export { type ClusterFacts, runningCluster } from './facts.js';
export { type Kubectl, kubectlFor } from './kubectl.js';
export { DEFAULT_NAME, layoutOf } from './layout.js';
export { Processes } from './processes.js';
export { repositoryOf } from './test-images.js';
