import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { createApp } from '@slipway/contracts';
import { inSpan } from '@slipway/runtime';
import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { appInput, type Fixture, startFixture } from '../fixture/deployments.js';

describe('the trace of a pass', () => {
  const exporter = new tracing.InMemorySpanExporter();
  const sdk = new NodeSDK({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)], instrumentations: [] });
  let fixture: Fixture;
  beforeAll(async () => {
    sdk.start();
    fixture = await startFixture();
  });
  afterAll(async () => {
    await fixture.close();
    await sdk.shutdown();
  });

  it('is one of its own, linked to the command that made the Revision', async () => {
    const { id, traceId } = await inSpan('request', { parent: null }, async (span) => ({
      id: (await fixture.execute(createApp, appInput())).id,
      traceId: span.spanContext().traceId,
    }));
    const pass = await waitFor(() =>
      exporter
        .getFinishedSpans()
        .find(({ name, attributes }) => name === 'reconcile app' && attributes['slipway.app.id'] === id),
    );
    expect(pass.parentSpanContext).toBeUndefined();
    expect(pass.spanContext().traceId).not.toBe(traceId);
    expect(pass.links.map(({ context }) => context.traceId)).toEqual([traceId]);
    const command = exporter
      .getFinishedSpans()
      .find((span) => span.spanContext().spanId === pass.links[0]?.context.spanId);
    expect(command?.name).toBe(`${createApp.subject} process`);
  });
});
