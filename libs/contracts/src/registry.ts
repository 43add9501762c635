import * as catalog from './catalog/operations.js';
import type { Operation } from './define.js';
import * as deployments from './deployments/operations.js';
import * as helmReleases from './helm-releases/operations.js';
import * as identity from './identity/operations.js';
import * as logs from './logs/operations.js';
import * as notifications from './notifications/operations.js';

/** Every operation there is. It drives stream provisioning, NATS rights, the table of messages, the snapshots and the samples. */
export const operations: readonly Operation[] = [
  identity,
  catalog,
  deployments,
  helmReleases,
  logs,
  notifications,
].flatMap((service) => Object.values(service) as unknown as Operation[]);
