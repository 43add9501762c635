/** A user of the run. Everything it makes begins with its canary, which nobody else may ever be given. */
export interface Tenant {
  readonly canary: string;
  readonly credential: string;
  readonly userId: string;
  readonly email: string;
  readonly password: string;
}

/** What the driver is told; it knows nothing else of the system. */
export interface DriverConfig {
  readonly journal: string;
  readonly gatewayUrls: readonly string[];
  readonly receiverUrl: string;
  readonly tenants: readonly Tenant[];
  readonly fullTenant: Tenant;
  readonly seed: number;
  readonly seconds: number;
  /** Operations a second, all workloads together. */
  readonly rate: number;
  readonly workloads: readonly string[];
}

/**
 * From the driver: `prepared` when it follows what it reads, `warm` when it has worked for a while and all is answered, `loaded` when the load has
 * ended. To the driver: `begin` the load, `enough` of it before its time, and `finish`, when all is quiet.
 */
export type DriverMessage = 'prepared' | 'warm' | 'begin' | 'enough' | 'loaded' | 'finish';
