import { catalog, migrations as catalogMigrations } from '@slipway/catalog';
import { deployments, migrations as deploymentsMigrations } from '@slipway/deployments';
import { gateway } from '@slipway/gateway';
import { helmReleases } from '@slipway/helm-releases';
import { identity, migrations as identityMigrations } from '@slipway/identity';
import { logs, migrations as logsMigrations } from '@slipway/logs';
import { migrations as notificationsMigrations, notifications } from '@slipway/notifications';
import type { MigrationClass } from '@slipway/persistence';
import { describeConfig, type ServiceDefinition } from '@slipway/runtime';

/** Those that have a schema of their own, with the migrations that make it. */
export const databaseServices: readonly { service: ServiceDefinition; migrations: readonly MigrationClass[] }[] = [
  { service: identity, migrations: identityMigrations },
  { service: catalog, migrations: catalogMigrations },
  { service: deployments, migrations: deploymentsMigrations },
  { service: logs, migrations: logsMigrations },
  { service: notifications, migrations: notificationsMigrations },
];

/** All apps, the gateway last. */
export const services: readonly ServiceDefinition[] = [
  ...databaseServices.map(({ service }) => service),
  helmReleases,
  gateway,
];

/** Whether a service reads a variable. */
export function declares(service: ServiceDefinition, variable: string): boolean {
  return describeConfig(service.config).some(({ name }) => name === variable);
}

/** Those that receive sealed fields, and so have a key pair. */
export const sealedServices = services.filter((service) => declares(service, 'SEAL_PRIVATE_KEY'));
