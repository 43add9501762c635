import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';

import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';

export interface AdminServerOptions {
  /** Default: 127.0.0.1. */
  host?: string;
  /** Default: 0, a free one. */
  port?: number;
}

/** What the admin server tells about one service. */
export interface AdminMember {
  readonly name: string;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
}

export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Owns /livez, /readyz and /metrics of a process, for all services in it. It needs no credential and so listens on
 * loopback unless configured otherwise. `answer` is open to the gateway, which serves the same paths on its own port.
 */
export class AdminServer {
  private readonly members = new Map<string, AdminMember>();
  private readonly processMetrics = new Registry();
  private server?: Server;

  constructor(private readonly options: AdminServerOptions = {}) {
    collectDefaultMetrics({ register: this.processMetrics });
  }

  add(member: AdminMember): void {
    this.members.set(member.name, member);
  }

  remove(name: string): void {
    this.members.delete(name);
  }

  /** Starts to listen and gives the address, such as `http://127.0.0.1:8081`. Rejects when the port is taken. */
  async listen(): Promise<string> {
    const { host = '127.0.0.1', port = 0 } = this.options;
    const server = createServer((request, response) => void this.serve(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(Reflect.get(error, 'code') === 'EADDRINUSE' ? taken(host, port) : error));
      server.listen(port, host, resolve);
    });
    this.server = server;
    const address = server.address();
    const actualPort = typeof address === 'object' && address !== null ? address.port : port;
    return `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
  }

  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** The answer to a path, or undefined for a path that is not ours. */
  async answer(path: string): Promise<AdminAnswer | undefined> {
    switch (path) {
      case '/livez':
        return answerLivez();
      case '/readyz':
        return answerReadyz([...this.members.values()]);
      case '/metrics':
        return answerMetrics(this.processMetrics, [...this.members.values()]);
      default:
        return undefined;
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const answer = request.method === 'GET' || request.method === 'HEAD' ? await this.answer(path) : undefined;
    const { status, contentType, body } = answer ?? NOT_FOUND;
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}

function taken(host: string, port: number): Error {
  return new Error(
    `ADMIN_PORT ${port} on ${host} is taken by another process; choose another port, or 0 for a free one`,
  );
}

const NOT_FOUND: AdminAnswer = { status: 404, contentType: 'text/plain', body: 'GET /livez, /readyz or /metrics\n' };

// Alive means that the event loop answers: whoever restarts a process because its broker is away only makes things worse.
export function answerLivez(): AdminAnswer {
  return json(200, { live: true });
}

/** 200 when every service is ready, else 503; the body names each dependency of each service. */
export async function answerReadyz(members: readonly AdminMember[]): Promise<AdminAnswer> {
  const reports = await Promise.all(
    members.map(async ({ name, readiness }) => [name, await readiness.report()] as const),
  );
  const ready = reports.every(([, report]) => report.ready);
  const broken = reports.flatMap(([service, { checks }]) =>
    Object.entries(checks)
      .filter(([, result]) => result !== 'ok')
      .map(([dependency, reason]) => ({ service, dependency, reason })),
  );
  return json(ready ? 200 : 503, { ready, broken, services: Object.fromEntries(reports) });
}

/** Prometheus text: the process's own metrics once, and every service's with its label. */
export async function answerMetrics(process: Registry, members: readonly AdminMember[]): Promise<AdminAnswer> {
  const collected = await Promise.all(members.map(({ metrics }) => metrics.getMetricsAsJSON()));
  const text = `${await process.metrics()}\n${await AggregatorRegistry.aggregate(collected).metrics()}`;
  return { status: 200, contentType: process.contentType, body: text };
}

function json(status: number, body: unknown): AdminAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` };
}
