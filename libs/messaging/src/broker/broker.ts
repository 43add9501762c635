// Owns the connection to NATS: how it is made, whether it is up, and what it tells. Never gives up: a service outlives its broker.
import { AuthorizationError, PermissionViolationError, type NatsConnection } from '@nats-io/nats-core';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { problem } from '@slipway/contracts';
import type { Logger } from '@slipway/runtime';
import { setTimeout as delay } from 'node:timers/promises';

import { Refusal } from '../refusal.js';
import { inboxPrefixOf } from '../subjects.js';
import { checkServer } from './check-server.js';

export interface BrokerOptions {
  /** The name of the NATS user's inbox: a service's name, `operator` or `provision`. */
  readonly service: string;
  /** `nats://user:password@host:port`, several of one cluster separated by commas. */
  readonly natsUrl: string;
  readonly logger: Logger;
}

const RECONNECT_WAIT_MS = 250;
const FIRST_CONNECT_WAIT_MS = 500;
const RETRY_AFTER_MS = 2_000;
const PING_INTERVAL_MS = 10_000;

const LOST = problem.unavailable(
  'service',
  'The message broker was lost before the answer came. A change is either not made or visible when asked again. Try again in a moment.',
  { retryAfterMs: RETRY_AFTER_MS },
);

/** A connection that knows whether it is up. */
export class Broker {
  private up = true;
  private readonly losses = new Set<() => void>();
  readonly jetstream: JetStreamClient;

  constructor(
    readonly connection: NatsConnection,
    private readonly logger: Logger,
  ) {
    this.jetstream = jetstream(connection);
    void this.follow();
  }

  /** True while the broker is reachable, as far as the connection knows. */
  get connected(): boolean {
    return this.up && !this.connection.isClosed();
  }

  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 1024 * 1024;
  }

  /** @throws Refusal `unavailable` when the connection is known to be down */
  assertConnected(): void {
    if (this.connected) return;
    throw new Refusal(
      problem.unavailable(
        'service',
        'The message broker cannot be reached, so nothing was done. Try again in a moment.',
        {
          retryAfterMs: RETRY_AFTER_MS,
        },
      ),
    );
  }

  /**
   * Waits for an answer while there is a connection on which it can come: one that is on its way when the connection is lost never does.
   * @throws Refusal `unavailable` as soon as the connection is lost
   */
  async whileConnected<T>(answer: Promise<T>): Promise<T> {
    let lose = (): void => undefined;
    const lost = new Promise<never>((_resolve, reject) => {
      lose = () => reject(new Refusal(LOST));
    });
    this.losses.add(lose);
    try {
      return await Promise.race([answer, lost]);
    } finally {
      this.losses.delete(lose);
    }
  }

  /** Sends what is buffered, then closes. */
  async close(): Promise<void> {
    if (this.connection.isClosed()) return;
    // Draining a connection that is down waits for its return.
    await (this.up ? this.connection.drain() : this.connection.close());
  }

  private async follow(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') {
        if (this.up) this.logger.warn('the connection to the broker is lost');
        this.up = false;
        for (const lose of this.losses) lose();
      } else if (status.type === 'reconnect') {
        this.up = true;
        this.logger.info('the connection to the broker is back', { server: status.server });
      } else if (status.type === 'error') {
        const text =
          status.error instanceof PermissionViolationError
            ? 'the broker forbids a subject'
            : 'the broker reports an error';
        this.logger.error(text, { err: status.error });
      }
    }
    this.up = false;
  }
}

/**
 * Connects and checks the server. Waits for a broker that is away, saying so every ten seconds; a refused password or a server that
 * will not do is an error at once.
 * @throws UnsuitableServerError, AuthorizationError
 */
export async function connectBroker(options: BrokerOptions, signal?: AbortSignal): Promise<Broker> {
  const { service, logger } = options;
  for (let attempt = 0; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      const connection = await connect({
        ...serversOf(options.natsUrl),
        name: service,
        inboxPrefix: inboxPrefixOf(service),
        maxReconnectAttempts: -1,
        // Otherwise a broker that comes back before its users are known ends the connection for good.
        ignoreAuthErrorAbort: true,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: 2,
        noAsyncTraces: true,
      });
      try {
        checkServer(connection.info);
      } catch (error) {
        await connection.close();
        throw error;
      }
      return new Broker(connection, logger);
    } catch (error) {
      if (!isConnectionFault(error)) throw error;
      if (attempt % 20 === 0) logger.warn('the broker cannot be reached yet', { err: error });
      await delay(FIRST_CONNECT_WAIT_MS, undefined, { signal });
    }
  }
}

function isConnectionFault(error: unknown): boolean {
  // The broker's patience with a client that is slow to log in, as one is on a machine that is short of time.
  if (error instanceof AuthorizationError) return /authentication timeout/i.test(error.message);
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return (
    error instanceof Error &&
    (['ConnectionError', 'TimeoutError'].includes(error.name) ||
      /^(ECONN|EHOST|ENET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE)/.test(code ?? ''))
  );
}

/** nats.js takes user, password and the wish for TLS as options only. */
export function serversOf(natsUrl: string): { servers: string[]; user?: string; pass?: string; tls?: object } {
  const urls = natsUrl.split(',').map((text) => new URL(text.trim()));
  const [first] = urls;
  const login = first?.username
    ? { user: decodeURIComponent(first.username), pass: decodeURIComponent(first.password) }
    : {};
  const tls = urls.some((url) => url.protocol === 'tls:') ? { tls: {} } : {};
  return { servers: urls.map((url) => url.host), ...login, ...tls };
}
