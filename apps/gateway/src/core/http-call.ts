// One HTTP request on its way through the gateway: what was asked, who asks, and what the answer's headers will say. Made before
// anything can fail, so that every answer, a refusal by the framework included, has the same basis.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { problem, type Actor, type CheckCredential } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { AccessKind } from './access.js';
import type { DialectEdge } from './dialect-edge.js';
import { readBody } from './read-body.js';

/** Who asks, as its credential told. */
export interface Caller {
  readonly actor: Actor;
  /** When the credential ends by itself, in milliseconds since the epoch. */
  readonly expiresAt: number | null;
  /** How identity is asked about it again. */
  readonly lookup: CheckCredential;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** The socket of a request that asks for a WebSocket, which belongs to us from then on. */
export interface UpgradeSocket {
  readonly socket: Duplex;
  readonly head: Buffer;
}

export class HttpCall {
  /** The caller's X-Request-Id when it is fit for a header, else a fresh one. */
  readonly id: string;
  readonly method: string;
  /** Decoded, without the query; as sent when an escape is malformed. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The client's address, behind a trusted proxy the one that it tells. */
  readonly address: string;
  /** As the client sent it: the framework sees none, so that no body is judged before the credential. */
  readonly contentType: string | undefined;
  private readonly contentLength: number;
  readonly startedAt = performance.now();
  private bodyMs = 0;
  /** Set by the access guard. */
  access: AccessKind = 'public';
  caller: Caller | undefined;
  /** The client's Idempotency-Key, set by the dialect once it has found it valid. */
  idempotencyKey: string | undefined;
  /** What was read of the body; empty until then. */
  body: Buffer = Buffer.alloc(0);
  /** Whether the core answered with what it had recorded under the key. */
  replayed = false;

  constructor(
    readonly request: FastifyRequest,
    readonly reply: FastifyReply,
    readonly dialect: DialectEdge,
    /** Only for a request that asks for a WebSocket. */
    readonly upgrade: UpgradeSocket | undefined,
  ) {
    const { url, headers } = request.raw;
    const [path = '/', query = ''] = splitOnce(url ?? '/', '?');
    const requestId = headers['x-request-id'];
    this.id = typeof requestId === 'string' && REQUEST_ID.test(requestId) ? requestId : randomUUID();
    this.method = request.raw.method ?? 'GET';
    this.path = decodedOrSame(path);
    this.query = new URLSearchParams(query);
    this.address = request.ip;
    this.contentType = headers['content-type'];
    this.contentLength = Number(headers['content-length'] ?? 0);
  }

  /** The pattern that the path matched, such as `/v1/deployments/:deploymentId`; undefined when none did. */
  get route(): string | undefined {
    return this.request.is404 ? undefined : this.request.routeOptions.url;
  }

  /** The path's parameters. */
  get params(): Record<string, string> {
    return this.request.params as Record<string, string>;
  }

  /** Whoever presented the credential. Only for routes that need one. */
  get actor(): Actor {
    if (this.caller) return this.caller.actor;
    throw new Refusal(problem.unauthenticated('credential', 'This needs a credential.'));
  }

  /** A request header; of one that was sent several times, the values joined by a comma. */
  header(name: string): string | undefined {
    const value = this.request.raw.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** Sets a header of the answer. */
  set(name: string, value: string | number): void {
    this.reply.header(name, String(value));
  }

  /** For how long the client has waited for us, in milliseconds: since its request came, without the time that its body took. */
  get ageMs(): number {
    return Math.ceil(performance.now() - this.startedAt - this.bodyMs);
  }

  /** @throws BodyTooLargeError above `limitBytes` */
  async readBody(limitBytes: number): Promise<Buffer> {
    const begun = performance.now();
    this.body = await readBody(this.request.raw, this.contentLength, limitBytes);
    this.bodyMs += performance.now() - begun;
    return this.body;
  }
}

const CALL = Symbol('slipway.call');

export function attachCall(call: HttpCall): void {
  Reflect.set(call.request, CALL, call);
}

/** The call of a request, from the moment it arrived. */
export function callOf(request: object): HttpCall {
  return Reflect.get(request, CALL) as HttpCall;
}

export function hasCall(request: object): boolean {
  return Reflect.has(request, CALL);
}

/** The current call, as a parameter of a controller's method. */
export const Current = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

const UPGRADE = Symbol('slipway.upgrade');

export function attachUpgrade(request: IncomingMessage, upgrade: UpgradeSocket): void {
  Reflect.set(request, UPGRADE, upgrade);
}

export function upgradeOf(request: IncomingMessage): UpgradeSocket | undefined {
  return Reflect.get(request, UPGRADE) as UpgradeSocket | undefined;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decodedOrSame(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
