// Owns the sockets, the credentials and the time-outs of one cluster. client-node is not used at run time: its KubeConfig makes
// a new connection pool, hence a new TLS handshake, for every call, has no place for the address filter, and costs 86 MB to load.
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

import { AddressFilter, connectorBehind, INTERNAL_NETWORKS } from '@slipway/outbound';
import { Agent, type buildConnector, type Dispatcher } from 'undici';

import type { CleanConnection } from '../kubeconfig/clean-connection.js';
import { ClusterError, errorFromAnswer, errorFromFailure } from './cluster-error.js';
import { OperatorConnection } from './operator-connection.js';

const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_CONNECTIONS = 32;
const TOKEN_LIFE_MS = 60_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

export interface TransportOptions {
  /** For one call, connecting and reading included. Default 10,000. Streams have no such end. */
  readonly timeoutMs?: number;
  /** How long a connection stays open that nobody needs, however long the server would let it. Default 30,000. */
  readonly keepAliveMs?: number;
  /** Loopback and private networks that it may lead to. Default: all of them for an OperatorConnection, none for others. */
  readonly addresses?: readonly string[];
}

export interface Call {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Default: `application/json`. */
  readonly accept?: string;
  readonly timeoutMs?: number;
  /** Gives the call up early: it then throws `unreachable`, reason `Aborted`. */
  readonly signal?: AbortSignal;
}

export interface StreamCall {
  readonly query?: Call['query'];
  readonly signal: AbortSignal;
  /** Ends the stream as broken when nothing arrives for so long; 0 waits for ever. */
  readonly silenceMs: number;
  /** How long the answer may take to begin; 0 waits for ever. Default: the time-out of a call. */
  readonly headersMs?: number;
  /** Called once the cluster has agreed to stream. */
  readonly onOpen?: () => void;
}

export class Transport {
  /** Apart, so that many watches and follows never leave a call without a connection. */
  private readonly calls: Agent;
  private readonly streams: Agent;
  private readonly timeoutMs: number;
  private readonly origin: string;
  private readonly pathPrefix: string;
  private answeredAt = Number.NEGATIVE_INFINITY;
  private token: { readonly value: string; readonly readAt: number } | undefined;

  constructor(
    private readonly connection: CleanConnection,
    options: TransportOptions = {},
  ) {
    const url = new URL(connection.server);
    this.origin = url.origin;
    this.pathPrefix = url.pathname.replace(/\/+$/, '');
    this.timeoutMs = options.timeoutMs ?? 10_000;
    const trusted = connection instanceof OperatorConnection;
    const filter = new AddressFilter(options.addresses ?? (trusted ? INTERNAL_NETWORKS : []));
    const { keepAliveMs = KEEP_ALIVE_MS } = options;
    const pool = {
      connect: filteredConnector(connection, filter),
      allowH2: false,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    };
    this.calls = new Agent({ ...pool, connections: MAX_CONNECTIONS });
    this.streams = new Agent(pool);
  }

  /** Whether a call has succeeded in the last `ms`. */
  answeredWithin(ms: number): boolean {
    return performance.now() - this.answeredAt < ms;
  }

  /** One call: the answer's JSON. Throws ClusterError, and nothing else. */
  async call<T>(method: Dispatcher.HttpMethod, path: string, call: Call = {}): Promise<T> {
    const text = await this.callText(method, path, call);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      const facts = { kind: 'unavailable', status: 200, reason: 'BadAnswer', retriable: true } as const;
      throw new ClusterError(`${this.connection.server} answered something that is no JSON`, facts, { cause: error });
    }
  }

  /** One call: the answer's text. Throws ClusterError, and nothing else. */
  async callText(method: Dispatcher.HttpMethod, path: string, call: Call = {}): Promise<string> {
    const timeoutMs = call.timeoutMs ?? this.timeoutMs;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await this.calls.request({
        origin: this.origin,
        path: this.pathOf(path, call.query),
        method,
        headers: {
          ...(await this.headers(call.contentType ?? (call.body === undefined ? undefined : 'application/json'))),
          ...(call.accept !== undefined && { accept: call.accept }),
        },
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal: call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
      return await this.readAnswer(answer);
    } catch (error) {
      throw errorFromFailure(error, this.connection.server);
    }
  }

  /**
   * A call whose answer has no end: its chunks, until the server ends it or `signal` aborts. Throws ClusterError; an abort ends
   * the iteration without an error.
   */
  async *stream(path: string, call: StreamCall): AsyncGenerator<Buffer, void, undefined> {
    try {
      const answer = await this.streams.request({
        origin: this.origin,
        path: this.pathOf(path, call.query),
        method: 'GET',
        headers: await this.headers(undefined),
        signal: call.signal,
        headersTimeout: call.headersMs ?? this.timeoutMs,
        bodyTimeout: call.silenceMs,
      });
      if (answer.statusCode !== 200) {
        await this.readAnswer(answer);
        throw errorFromAnswer(answer.statusCode, 'the cluster answered something that is no stream');
      }
      call.onOpen?.();
      for await (const chunk of answer.body) {
        yield chunk as Buffer;
      }
    } catch (error) {
      if (!call.signal.aborted) {
        throw errorFromFailure(error, this.connection.server);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.calls.destroy(), this.streams.destroy()]);
  }

  private async readAnswer(answer: Dispatcher.ResponseData): Promise<string> {
    const good = answer.statusCode >= 200 && answer.statusCode <= 299;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      const buffer = chunk as Buffer;
      size += buffer.length;
      if (size > MAX_ANSWER_BYTES) {
        throw new ClusterError(`${this.connection.server} answered more than 64 MiB`, {
          kind: 'unavailable',
          status: answer.statusCode,
          reason: 'TooLarge',
          retriable: false,
        });
      }
      if (good || size <= MAX_ERROR_BYTES) {
        chunks.push(buffer);
      }
    }
    const text = Buffer.concat(chunks).toString('utf8');
    if (good) this.answeredAt = performance.now();
    else {
      const retryAfter = answer.headers['retry-after'];
      throw errorFromAnswer(answer.statusCode, text, Array.isArray(retryAfter) ? retryAfter[0] : retryAfter);
    }
    return text;
  }

  private pathOf(path: string, query: Call['query'] = {}): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) {
        search.set(name, String(value));
      }
    }
    return search.size === 0 ? `${this.pathPrefix}${path}` : `${this.pathPrefix}${path}?${search.toString()}`;
  }

  private async headers(contentType: string | undefined): Promise<Record<string, string>> {
    const token = await this.bearerToken();
    return {
      accept: 'application/json',
      'user-agent': 'slipway',
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
  }

  private async bearerToken(): Promise<string | undefined> {
    if (!(this.connection instanceof OperatorConnection) || this.connection.tokenFile === undefined) {
      return this.connection.token;
    }
    if (this.token === undefined || performance.now() - this.token.readAt > TOKEN_LIFE_MS) {
      this.token = { value: await readToken(this.connection.tokenFile), readAt: performance.now() };
    }
    return this.token.value;
  }
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const facts = { kind: 'forbidden', status: 0, reason: 'NoToken', retriable: true } as const;
    throw new ClusterError(`the token file ${file} cannot be read`, facts, { cause: error });
  }
}

function filteredConnector(connection: CleanConnection, filter: AddressFilter): buildConnector.connector {
  const tls = {
    ...(connection.certificateAuthority !== undefined && { ca: connection.certificateAuthority }),
    ...(connection.clientCertificate !== undefined && { cert: connection.clientCertificate }),
    ...(connection.clientKey !== undefined && { key: connection.clientKey }),
  };
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new ClusterError(
      `the certificates of context "${connection.context}" cannot be read`,
      { kind: 'unreachable', status: 0, reason: 'BadCertificate', retriable: false },
      { cause: error },
    );
  }
  return connectorBehind(filter, {
    ...tls,
    ...(connection.tlsServerName !== undefined && { servername: connection.tlsServerName }),
    rejectUnauthorized: connection.skipTlsVerify !== true,
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
}
