// For `node --import @slipway/runtime/telemetry`. The SDK costs 43 MB, so nothing of it is loaded unless somebody listens.
if (process.env.OTEL_EXPORTER_OTLP_ENDPOINT) {
  const { startTelemetry } = await import('./telemetry/sdk.js');
  startTelemetry();
}
