import type { ServiceDefinition } from '@slipway/runtime';

/** A service whose configuration class is of no interest to the caller. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyService = ServiceDefinition<any>;

/** All apps, the gateway last. */
export const services: readonly AnyService[] = [];
