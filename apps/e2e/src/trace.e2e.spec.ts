import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';
import { testImage } from './fixture/test-cluster.js';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly links?: readonly { readonly traceId: string }[];
}

interface Export {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

let spans: Span[] = [];
let collector: Server;
let instance: Instance;

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Export;
      spans = spans.concat(resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  instance = await startInstance({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
  });
}, 90_000);
afterAll(async () => {
  await instance.close();
  collector.closeAllConnections();
  collector.close();
});

describe('a trace', () => {
  it('leads from the HTTP request through the broker to the commit, and the pass that applies it links to it', async () => {
    const { status } = await instance.client.send('POST', '/v1/deployments', {
      app_name: 'traced',
      image: testImage('web'),
      port: 8080,
    });
    expect(status).toBe(201);
    const subject = 'cmd.deployments.app.create.v1';
    const handled = await waitFor(() => spans.find(({ name }) => name === `${subject} process`), { timeoutMs: 15_000 });
    const byId = (id: string | undefined) => spans.find(({ spanId }) => spanId === id);
    const publish = await waitFor(() => byId(handled.parentSpanId), { timeoutMs: 15_000 });
    expect(publish.name).toBe(`${subject} publish`);
    const names = (): string[] => spans.filter(({ traceId }) => traceId === handled.traceId).map(({ name }) => name);
    await waitFor(() => names().some((name) => name.startsWith('POST')), { timeoutMs: 15_000 });
    await waitFor(() => names().some((name) => /commit/i.test(name)), { timeoutMs: 15_000 });
    const pass = await waitFor(
      () => spans.find(({ links = [] }) => links.some(({ traceId }) => traceId === handled.traceId)),
      { timeoutMs: 15_000 },
    );
    expect(pass.traceId).not.toBe(handled.traceId);
    expect(pass.parentSpanId ?? '').toBe('');
  }, 60_000);

  it('shows no token of a query, whatever its path', async () => {
    const paths = [
      '/v1/events',
      '/v1/deployments',
      '/v1/nothing',
      '/v1/deployments/%zz',
      `/v1/deployments/${'x'.repeat(3_000)}`,
    ];
    for (const path of paths)
      await instance.client.send('GET', `${path}?token=canary-of-kim`, undefined, { authorization: '' });
    const textsOf = (path: string): string[] =>
      spans.map((span) => JSON.stringify(span)).filter((text) => text.includes(`"${path}"`));
    for (const path of paths) await waitFor(() => textsOf(path).length > 0, { timeoutMs: 15_000 });
    expect(JSON.stringify(spans)).not.toContain('canary-of-kim');
  }, 60_000);
});
