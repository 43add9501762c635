import { Registry } from 'prom-client';

export { Counter, Gauge, Histogram } from 'prom-client';

/**
 * A service's own metrics; `startService` labels each with `service`. A class that counts makes its metric in its
 * constructor: `new Counter({ name, help, registers: [metrics] })`. Never the default registry: services share a process.
 */
export class Metrics extends Registry {
  static forService(service: string): Metrics {
    const metrics = new Metrics();
    metrics.setDefaultLabels({ service });
    return metrics;
  }
}
