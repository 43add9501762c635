// How Nest on Fastify is set up so that the dialects, not the framework, decide what is answered: no body parser, no automatic HEAD,
// no slash options, no CORS plug-in, refusals of the framework worded by the owner of the path.
import { randomUUID } from 'node:crypto';
import {
  createServer,
  maxHeaderSize,
  ServerResponse,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { Duplex } from 'node:stream';

import type { DynamicModule, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { withLogContext } from '@slipway/runtime';
import type { FastifyHttpOptions, FastifyInstance } from 'fastify';

import { publicUrlOf, type GatewayConfig } from '../gateway.config.js';
import type { ACTS } from './access.js';
import { serveApiDocuments } from './api-documents.js';
import { attachUpgrade, callOf } from './http-call.js';
import { headersOfEveryAnswer, HttpEntry } from './http-entry.js';
import { trackQuietConnections } from './quiet-connections.js';

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Node looks for late requests only so often. */
const CHECK_EVERY_MS = 2_000;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export async function createHttpApplication(
  module: DynamicModule,
  options: NestApplicationOptions,
  config: Readonly<GatewayConfig>,
): Promise<NestFastifyApplication> {
  // The hooks are there before the application is, the first request comes after it.
  const made: { entry?: HttpEntry; closeQuiet?: () => void } = {};
  const arrived = (): HttpEntry => {
    if (!made.entry) throw new Error('a request came before the application was made');
    return made.entry;
  };

  const fastifyOptions: FastifyHttpOptions<Server> = {
    // As long as any that arrives, so that what is too long is refused by its own rule, after the credential.
    routerOptions: { maxParamLength: maxHeaderSize },
    exposeHeadRoutes: false,
    // A request on a connection that is still open is served until the connection closes; the framework would word a 503 of its own.
    return503OnClosing: false,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    frameworkErrors: (_, request, reply) => arrived().refuseMalformedPath(request, reply),
    clientErrorHandler: (error, socket) => answerUnreadable(arrived(), error, socket),
    serverFactory: (handle) => {
      const server = createServer(
        {
          headersTimeout: HEADERS_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          connectionsCheckingInterval: CHECK_EVERY_MS,
          keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
          // Node would refuse it with an empty body.
          requireHostHeader: false,
          // Anything else, such as the h2c that some clients offer, is an ordinary request.
          shouldUpgradeCallback: isWebSocketHandshake,
        },
        handle,
      );
      routeUpgrades(server, handle);
      made.closeQuiet = trackQuietConnections(server);
      server.on('request', ({ socket }, response) => trackAnswer(socket, response));
      // An expectation beside 100-continue may be ignored; Node would answer an empty 417.
      server.on('checkExpectation', handle);
      return server;
    },
  };
  const adapter = new FastifyAdapter(fastifyOptions);
  const fastify: FastifyInstance = adapter.getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!arrived().receive(request, reply)) withLogContext({ requestId: callOf(request).id }, done);
  });
  let closing = false;
  fastify.addHook('preClose', (done) => {
    closing = true;
    made.closeQuiet?.();
    done();
  });
  fastify.addHook('onSend', (_, reply, payload, done) => {
    // What still runs when the server closes would otherwise leave a connection behind that nobody closes.
    if (closing) reply.header('connection', 'close');
    // Fastify adds a charset, which JSON does not have and the dialects do not send.
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json');
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    arrived().leave(request, reply);
    done();
  });
  fastify.addHook('onRoute', (route) => {
    arrived().routes.add(route.method, route.url);
    const { acts } = (route.config ?? {}) as Partial<typeof ACTS>;
    if (route.method === 'GET' && acts !== true && arrived().dialectOf(route.url).headFollowsGet)
      fastify.route({ ...route, method: 'HEAD' });
  });

  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { ...options, bodyParser: false });
  made.entry = app.get(HttpEntry);
  serveApiDocuments(app, publicUrlOf(config));
  return app;
}

// A WebSocket request takes the same way as any other up to its controller, which then takes the socket over: so it is refused in the
// same order and with the same bodies.
function routeUpgrades(server: Server, handle: (request: IncomingMessage, response: ServerResponse) => void): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    attachUpgrade(request, { socket, head });
    const response = new ServerResponse(request);
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    response.once('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    handle(request, response);
  });
}

function isWebSocketHandshake(request: IncomingMessage): boolean {
  const { upgrade = '', 'sec-websocket-key': key = '', 'sec-websocket-version': version } = request.headers;
  return (
    request.method === 'GET' &&
    upgrade.toLowerCase() === 'websocket' &&
    version === '13' &&
    WEBSOCKET_KEY.test(String(key)) &&
    areProtocols(request.headers['sec-websocket-protocol'])
  );
}

function areProtocols(header: string | undefined): boolean {
  const protocols = header?.split(',').map((protocol) => protocol.trim()) ?? [];
  return protocols.every((protocol) => TOKEN.test(protocol)) && new Set(protocols).size === protocols.length;
}

/** Those that a connection still has to bring. */
const answersOf = new WeakMap<Duplex, Set<ServerResponse>>();

function trackAnswer(socket: Duplex, response: ServerResponse): void {
  const answers = answersOf.get(socket) ?? new Set();
  answersOf.set(socket, answers.add(response));
  response.once('close', () => answers.delete(response));
}

/** Whether the next answer belongs to a request that was read in whole: no other may come in its place, or in the midst of it. */
function owesAnswer(socket: Duplex): boolean {
  return [...(answersOf.get(socket) ?? [])].some(({ req, headersSent }) => req.complete || headersSent);
}

function answerUnreadable(entry: HttpEntry, error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || owesAnswer(socket))
    return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const answer = entry.homeDialect?.renderUnreadable(status);
  const body = JSON.stringify(answer?.body ?? {});
  // Nobody has read which id the caller gave it.
  const headers = {
    ...headersOfEveryAnswer(randomUUID()),
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n'));
}
