import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { NodeSDK } from '@opentelemetry/sdk-node';

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
      new HttpInstrumentation(),
      new UndiciInstrumentation({ requireParentforSpans: true }),
      // Without a parent every poll of the outbox would be a trace of its own.
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
}
