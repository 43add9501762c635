import {
  type Attributes,
  type Context,
  type Link,
  ProxyTracerProvider,
  type Span,
  SpanKind,
  SpanStatusCode,
  context,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';

export { SpanKind } from '@opentelemetry/api';

export interface SpanOptions {
  /** Default: internal. */
  kind?: SpanKind;
  attributes?: Attributes;
  /** Default: the active span. `null` begins a trace of its own. A text is a traceparent. */
  parent?: Context | string | null;
  /** Traceparents of spans that this one serves without being their child; malformed ones are left out. */
  links?: readonly (string | undefined)[];
}

/**
 * Runs `fn` inside a span, which ends with it and records its error. Without the telemetry entry there is no SDK and this
 * costs a function call.
 */
export async function inSpan<T>(name: string, options: SpanOptions, fn: (span: Span) => Promise<T> | T): Promise<T> {
  const { kind = SpanKind.INTERNAL, attributes, parent } = options;
  const links = (options.links ?? []).flatMap(linkTo);
  const start = { kind, attributes, links, root: parent === null };
  return trace.getTracer('slipway').startActiveSpan(name, start, parentContext(parent), async (span) => {
    try {
      return await fn(span);
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The W3C traceparent of the active span, or undefined when nothing is traced here. */
export function currentTraceparent(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || !isSpanContextValid(span)) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** A context whose active span is the one that a traceparent names; the current context when it names none. */
export function contextFromTraceparent(traceparent: string | undefined): Context {
  const spanContext = parseTraceparent(traceparent);
  return spanContext ? trace.setSpanContext(context.active(), spanContext) : context.active();
}

/** Sends the spans that have ended and still wait in a batch. Does nothing without an SDK. */
export async function flushSpans(): Promise<void> {
  const provider = trace.getTracerProvider();
  const delegate = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
  if ('forceFlush' in delegate) await (delegate as { forceFlush(): Promise<void> }).forceFlush();
}

function parentContext(parent: SpanOptions['parent']): Context {
  if (typeof parent === 'string') return contextFromTraceparent(parent);
  return parent ?? context.active();
}

function linkTo(traceparent: string | undefined): Link[] {
  const spanContext = parseTraceparent(traceparent);
  return spanContext ? [{ context: spanContext }] : [];
}

function parseTraceparent(traceparent: string | undefined) {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '');
  const [, traceId, spanId, flags] = match ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}
