import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';

import { ADMIN_PATHS } from '../health/admin-paths.js';

/**
 * Starts OpenTelemetry for this process: traces over OTLP by HTTP to OTEL_EXPORTER_OTLP_ENDPOINT, named by
 * OTEL_SERVICE_NAME (default `slipway`). Other OTEL_ variables act as OpenTelemetry documents them.
 */
export function startTelemetry(): void {
  process.env.OTEL_SERVICE_NAME ||= 'slipway';
  process.env.OTEL_TRACES_EXPORTER ||= 'otlp';
  process.env.OTEL_METRICS_EXPORTER ||= 'none';
  process.env.OTEL_LOGS_EXPORTER ||= 'none';
  const sdk = new NodeSDK({
    instrumentations: [
      // Probes, clocks and polls are no work that somebody asked for: without these rules each would be a trace of its own.
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => ADMIN_PATHS.includes(url ?? ''),
        requireParentforOutgoingSpans: true,
      }),
      new UndiciInstrumentation({ requireParentforSpans: true }),
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
}
