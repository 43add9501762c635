/** A user of the run. Everything it makes begins with its canary, which nobody else may ever be given. */
export interface Tenant {
  readonly canary: string;
  readonly credential: string;
  readonly userId: string;
}

/** What the driver is told; it knows nothing else of the system. */
export interface DriverConfig {
  readonly journal: string;
  readonly gatewayUrls: readonly string[];
  readonly receiverUrl: string;
  readonly tenants: readonly Tenant[];
  readonly seed: number;
  readonly seconds: number;
  /** Operations a second, all workloads together. */
  readonly rate: number;
  readonly workloads: readonly string[];
}

/** From the driver: `prepared` when load begins, `loaded` when it has ended. To the driver: `finish`, when all is quiet. */
export type DriverMessage = 'prepared' | 'loaded' | 'finish';
