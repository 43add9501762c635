import { type DynamicModule, Module } from '@nestjs/common';

import { AdminServer } from '../health/admin-server.js';
import { Metrics } from '../health/metrics.js';
import { Readiness } from '../health/readiness.js';
import { ServiceLogger } from '../log/logger.js';
import type { ConfigClass } from '../config/variable.js';
import { RuntimeConfig } from './runtime.config.js';

export interface RuntimeProviders {
  readonly configClass: ConfigClass<object>;
  readonly config: object;
  /** Absent in tests that build a module without a process around it. */
  readonly runtime?: Readonly<RuntimeConfig>;
  readonly logger: ServiceLogger;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly adminServer: AdminServer;
}

/** Makes the configuration, RuntimeConfig, ServiceLogger, Readiness, Metrics and AdminServer injectable in every module of one service. */
@Module({})
export class RuntimeModule {
  static with(given: RuntimeProviders): DynamicModule {
    const providers = [
      { provide: given.configClass, useValue: given.config },
      ...(given.runtime ? [{ provide: RuntimeConfig, useValue: given.runtime }] : []),
      { provide: ServiceLogger, useValue: given.logger },
      { provide: Readiness, useValue: given.readiness },
      { provide: Metrics, useValue: given.metrics },
      { provide: AdminServer, useValue: given.adminServer },
    ];
    return { module: RuntimeModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}
