import { context, trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createLogger } from '../log/logger.js';
import { contextFromTraceparent, currentTraceparent, inSpan, SpanKind } from './spans.js';

const REMOTE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('inSpan', () => {
  const exporter = new tracing.InMemorySpanExporter();
  let sdk: { shutdown(): Promise<void> };

  beforeAll(async () => {
    const { NodeSDK } = await import('@opentelemetry/sdk-node');
    const started = new NodeSDK({
      spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
      autoDetectResources: false,
    });
    started.start();
    sdk = started;
  });
  afterEach(() => exporter.reset());
  afterAll(() => sdk.shutdown());

  it('makes a nested span a child, and gives what the function gives', async () => {
    const result = await inSpan('outer', {}, () => inSpan('inner', { kind: SpanKind.CLIENT }, () => 42));
    const [inner, outer] = exporter.getFinishedSpans();
    expect(result).toBe(42);
    expect(inner).toMatchObject({
      name: 'inner',
      kind: SpanKind.CLIENT,
      parentSpanContext: { spanId: outer?.spanContext().spanId },
    });
  });

  it('goes on with a trace that arrived as a traceparent', async () => {
    await inSpan('handle', { parent: REMOTE }, () => undefined);
    expect(exporter.getFinishedSpans()[0]).toMatchObject({ parentSpanContext: { spanId: 'b7ad6b7169203331' } });
  });

  it('begins a trace of its own with links to what it serves', async () => {
    await inSpan('outer', {}, () =>
      inSpan('reconcile', { parent: null, links: [REMOTE, undefined, 'rubbish'] }, () => undefined),
    );
    const pass = exporter.getFinishedSpans()[0];
    expect(pass?.parentSpanContext).toBeUndefined();
    expect(pass?.links.map((link) => link.context.traceId)).toEqual(['0af7651916cd43dd8448eb211c80319c']);
  });

  it('records the error and throws it on', async () => {
    await expect(inSpan('fails', {}, () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(exporter.getFinishedSpans()[0]).toMatchObject({ status: { code: 2 }, events: [{ name: 'exception' }] });
  });

  it('gives a traceparent that leads back to the active span', async () => {
    expect(currentTraceparent()).toBeUndefined();
    await inSpan('outer', {}, (span) => {
      const back = trace.getSpanContext(contextFromTraceparent(currentTraceparent()));
      expect(back).toMatchObject({ traceId: span.spanContext().traceId, spanId: span.spanContext().spanId });
    });
  });

  it.each(['', 'rubbish', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`])(
    'takes the malformed traceparent %j for none',
    (text) => {
      expect(contextFromTraceparent(text)).toBe(context.active());
    },
  );

  it('puts the trace on every log line inside it', async () => {
    const lines: string[] = [];
    const logger = createLogger({ destination: { write: (line: string) => void lines.push(line) } });
    await inSpan('outer', {}, (span) => {
      logger.info('inside');
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ traceId: span.spanContext().traceId });
    });
  });
});
