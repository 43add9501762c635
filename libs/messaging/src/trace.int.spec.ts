import { NodeSDK, tracing } from '@opentelemetry/sdk-node';
import { inSpan } from '@slipway/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { find, greet, greeted } from './fixture/operations.js';
import {
  controllersOf,
  provisionFixture,
  startNats,
  startTestService,
  type TestNats,
  type TestService,
} from './fixture/service.js';

describe('a trace', () => {
  const exporter = new tracing.InMemorySpanExporter();
  const sdk = new NodeSDK({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)], instrumentations: [] });
  let nats: TestNats;
  let services: TestService[];

  beforeAll(() => sdk.start());
  afterAll(() => sdk.shutdown());
  beforeEach(async () => {
    exporter.reset();
    nats = await startNats();
    await provisionFixture(nats.url);
    const answer = () => Promise.resolve({ text: '' });
    const nothing = () => Promise.resolve();
    const script = { greet: answer, find: answer, poke: nothing, greeted: nothing };
    services = [
      await startTestService({ natsUrl: nats.url }, controllersOf(script)),
      await startTestService({ natsUrl: nats.url, service: 'gateway' }),
    ];
  });
  afterEach(async () => {
    for (const service of services) await service.close();
    await nats.stop();
  });

  const spans = () =>
    exporter.getFinishedSpans().map((span) => ({ name: span.name, traceId: span.spanContext().traceId }));

  it('goes on from the caller of a command or query into its handler', async () => {
    const call = { correlationId: 'c' };
    const traceId = await inSpan('request', { parent: null }, async (span) => {
      await services[1]?.bus.execute(greet, { name: 'Kim' }, call);
      await services[1]?.bus.query(find, { name: 'Kim' }, call);
      return span.spanContext().traceId;
    });
    await vi.waitFor(() => expect(spans()).toHaveLength(5));
    for (const { subject } of [greet, find]) {
      expect(spans()).toContainEqual({ name: `${subject} publish`, traceId });
      expect(spans()).toContainEqual({ name: `${subject} process`, traceId });
    }
  });

  it('goes on from the traceparent that an event carries', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const envelope = { correlationId: 'c', traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await services[1]?.publisher.publish({ subject: greeted.subject, id: 'e', envelope, payload: { name: 'Kim' } });
    await vi.waitFor(() => expect(spans()).toContainEqual({ name: `${greeted.subject} process`, traceId }));
  });
});
