export { Batches } from './batches.js';
export { ADMIN_PATHS } from './health/admin-paths.js';
export { CheckedBy, Fits, SecretText } from './config/checked-by.js';
export { ConfigurationError, type VariableIssue } from './config/configuration-error.js';
export { describeConfig, type VariableRow } from './config/describe-config.js';
export {
  type Environment,
  isAbsent,
  isProduction,
  loadConfig,
  readConfig,
  type LoadConfigOptions,
} from './config/load-config.js';
export {
  type ConfigClass,
  type KeyValue,
  Variable,
  type VariableOptions,
  type VariableType,
} from './config/variable.js';
export { failpoint, isDropped } from '#failpoint';
export { FAILPOINT_NAMES, type FailpointName } from './failpoint/names.js';
export { type AdminAnswer, type AdminMember, AdminServer, type AdminServerOptions } from './health/admin-server.js';
export { Counter, Gauge, Histogram, Metrics } from './health/metrics.js';
export { Readiness, type ReadinessReport } from './health/readiness.js';
export { currentLogContext, type LogContext, withLogContext } from './log/log-context.js';
export {
  createLogger,
  createServiceLogger,
  type LogFields,
  Logger,
  type LoggerOptions,
  type LogLevel,
  ServiceLogger,
} from './log/logger.js';
export { nestLogger } from './log/nest-logger.js';
export { redact, redactText } from './log/redact.js';
export { defineService, type HttpEdge, type ServiceDefinition } from './service/define-service.js';
export { RuntimeConfig } from './service/runtime.config.js';
export { type RuntimeProviders, RuntimeModule } from './service/runtime.module.js';
export { closeOnSignal, ShutdownDeadlineError } from './service/shutdown.js';
export { type RunningService, startService, type StartOptions } from './service/start-service.js';
export { type Transport, TRANSPORT } from './service/transport.js';
export {
  contextFromTraceparent,
  currentTraceparent,
  flushSpans,
  inSpan,
  SpanKind,
  type SpanOptions,
} from './telemetry/spans.js';
export { within } from './within.js';
export { Turns } from './turns.js';
