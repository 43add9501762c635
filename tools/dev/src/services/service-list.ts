import { gateway } from '@slipway/gateway';
import { helmReleases } from '@slipway/helm-releases';
import { describeConfig, type ServiceDefinition } from '@slipway/runtime';

/** A service whose configuration class is of no interest to the caller. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyService = ServiceDefinition<any>;

/** All apps, the gateway last. */
export const services: readonly AnyService[] = [helmReleases, gateway];

/** Those that have a schema of their own. */
export const databaseServices = services.filter(({ config }) =>
  describeConfig(config).some(({ name }) => name === 'DATABASE_URL'),
);
