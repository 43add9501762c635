// Everything between the socket and the routes: which dialect answers, the headers that all answers have, what no route matches,
// CORS, the line in the log.
import { Inject, Injectable } from '@nestjs/common';
import { Dialect, problem } from '@slipway/contracts';
import { Histogram, Metrics, ServiceLogger } from '@slipway/runtime';
import { trace } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { PROBE } from './access.js';
import { DIALECTS, type DialectEdge } from './dialect-edge.js';
import { Frontend } from './frontend.js';
import { attachCall, callOf, hasCall, HttpCall, upgradeOf } from './http-call.js';
import { LoopLag } from './loop-lag.js';
import { Origins } from './origins.js';
import { ownerOfPath } from './path-owners.js';
import { RouteTable } from './route-table.js';
import { sendAnswer } from './send-answer.js';

const PREFLIGHT_SECONDS = 600;
const READABLE_HEADERS = [
  'ETag',
  'Idempotency-Replayed',
  'Location',
  'Preference-Applied',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
].join(', ');
const SENDABLE_HEADERS = 'Authorization, Content-Type, Idempotency-Key, If-Match, Last-Event-ID, Prefer, X-Request-Id';
const OVERLOADED = problem.unavailable('service', 'There is more to do here than gets done. Try again in a moment.', {
  retryAfterMs: 1_000,
});
const SECONDS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function headersOfEveryAnswer(requestId: string): Record<string, string> {
  return { 'X-Request-Id': requestId, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };
}

@Injectable()
export class HttpEntry {
  readonly routes = new RouteTable();
  private readonly duration: Histogram<'method' | 'route' | 'status' | 'dialect'>;

  constructor(
    @Inject(DIALECTS) private readonly dialects: readonly DialectEdge[],
    private readonly origins: Origins,
    private readonly frontend: Frontend,
    private readonly loopLag: LoopLag,
    private readonly logger: ServiceLogger,
    metrics: Metrics,
  ) {
    this.duration = new Histogram({
      name: 'slipway_http_request_duration_seconds',
      help: 'Time from the arrival of an HTTP request to the end of its answer.',
      labelNames: ['method', 'route', 'status', 'dialect'],
      buckets: SECONDS_BUCKETS,
      registers: [metrics],
    });
  }

  /** The dialect that answers a path: its owner, or the home dialect while the owner is not built in. */
  dialectOf(path: string): DialectEdge {
    const owner = ownerOfPath(path);
    const dialect = this.dialects.find(({ name }) => name === owner) ?? this.homeDialect;
    if (!dialect) throw new Error('the home dialect is not built in');
    return dialect;
  }

  get homeDialect(): DialectEdge | undefined {
    return this.dialects.find(({ name }) => name === Dialect.containerEngine);
  }

  /** First of all for every request that the framework could read. True when it is answered. */
  receive(request: FastifyRequest, reply: FastifyReply): boolean {
    const call = this.open(request, reply);
    if (request.raw.httpVersion === '1.1' && call.header('host') === undefined) {
      sendAnswer(reply, call.dialect.renderUnreadable(400));
      return true;
    }
    if (this.loopLag.isSustained && !isProbe(request)) {
      sendAnswer(reply, call.dialect.renderProblem(OVERLOADED, call));
      return true;
    }
    if (isPreflight(call)) return this.answerPreflight(call);
    if (!request.is404 && !hasEmptyParameter(request)) return false;
    const path = pathOf(request);
    const methods = this.routes.methodsOf(path);
    if (methods.length === 0 && !call.upgrade && this.frontend.mayServe(call.method, path)) void this.serve(call, path);
    else sendAnswer(reply, call.dialect.renderUnrouted(methods));
    return true;
  }

  private async serve({ request, reply, dialect }: HttpCall, path: string): Promise<void> {
    try {
      if (!(await this.frontend.serve(request, reply, path))) sendAnswer(reply, dialect.renderUnrouted([]));
    } catch (error) {
      void reply.send(error);
    }
  }

  /** For a path that the framework cannot read: it has no hooks for it. */
  refuseMalformedPath(request: FastifyRequest, reply: FastifyReply): void {
    const call = this.open(request, reply);
    sendAnswer(reply, call.dialect.renderUnrouted([]));
    this.leave(request, reply);
  }

  /** Last of all, when the answer has left. */
  leave(request: FastifyRequest, reply: FastifyReply): void {
    if (!hasCall(request)) return;
    const call = callOf(request);
    const { method, route = 'none', dialect, startedAt } = call;
    const ms = performance.now() - startedAt;
    const status = reply.statusCode;
    this.duration.observe({ method, route, status: String(status), dialect: dialect.name }, ms / 1000);
    // The query stays out of the log: it may hold a credential.
    this.logger.info('answered', { requestId: call.id, method, path: call.path, status, ms: Math.round(ms) });
  }

  private open(request: FastifyRequest, reply: FastifyReply): HttpCall {
    const call = new HttpCall(request, reply, this.dialectOf(pathOf(request)), upgradeOf(request.raw));
    attachCall(call);
    describeSpan(call);
    // The framework judges a body by these before any guard has run. The body itself is still on the socket.
    const { headers } = request.raw;
    for (const name of ['content-type', 'content-length', 'transfer-encoding']) delete headers[name];
    for (const [name, value] of Object.entries(headersOfEveryAnswer(call.id))) call.set(name, value);
    if (call.upgrade) call.set('Connection', 'close');
    this.admitPage(call);
    return call;
  }

  private admitPage(call: HttpCall): void {
    const origin = call.header('origin');
    if (origin === undefined || !call.dialect.crossOrigin) return;
    call.set('Vary', 'Origin');
    if (!this.origins.allows(origin, call.header('host'))) return;
    call.set('Access-Control-Allow-Origin', origin);
    call.set('Access-Control-Expose-Headers', READABLE_HEADERS);
  }

  private answerPreflight(call: HttpCall): boolean {
    const methods = this.routes.methodsOf(pathOf(call.request));
    if (methods.length === 0) {
      sendAnswer(call.reply, call.dialect.renderUnrouted([]));
      return true;
    }
    if (call.reply.hasHeader('access-control-allow-origin')) {
      call.set('Access-Control-Allow-Methods', methods.join(', '));
      call.set('Access-Control-Allow-Headers', SENDABLE_HEADERS);
      call.set('Access-Control-Max-Age', PREFLIGHT_SECONDS);
    }
    void call.reply.code(204).send();
    return true;
  }
}

// The router takes the nothing behind a trailing slash for a parameter; it is another path, and an unknown one.
function hasEmptyParameter({ params }: FastifyRequest): boolean {
  return Object.entries(params as Record<string, string>).some(([name, value]) => name !== '*' && value === '');
}

function isProbe({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as Partial<typeof PROBE> | undefined)?.probe === true;
}

function isPreflight(call: HttpCall): boolean {
  return (
    call.dialect.crossOrigin &&
    call.method === 'OPTIONS' &&
    call.header('origin') !== undefined &&
    call.header('access-control-request-method') !== undefined
  );
}

// The HTTP instrumentation knows no route, and has put the whole URL on its span before anybody else saw the request.
function describeSpan({ method, route, path, query }: HttpCall): void {
  const span = trace.getActiveSpan();
  if (!span) return;
  if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
  if (!query.has('token')) return;
  for (const name of ['url.query', 'url.full', 'http.target', 'http.url']) span.setAttribute(name, path);
}

function pathOf(request: FastifyRequest): string {
  const url = request.raw.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
