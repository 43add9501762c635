export { firstUserKey } from './first-user-key.js';
export { openSecrets, type Secrets } from './instance/secrets.js';
export { migrateAll, provisionAll } from './prepare.js';
export { RunningParts } from './running-parts.js';
export {
  brokerPassword,
  brokerUrl,
  brokerUsers,
  databasePassword,
  type InstanceFacts,
  serviceEnvironment,
} from './services/service-environment.js';
export { startServices } from './services/one-process.js';
export { databaseServices, declares, services } from './services/service-list.js';
