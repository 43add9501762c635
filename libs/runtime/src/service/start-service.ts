import type { Server } from 'node:http';

import { type INestApplicationContext, Module, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';

import { ConfigurationError } from '../config/configuration-error.js';
import { type Environment, isProduction, readConfig } from '../config/load-config.js';
import { failpoint, failpointsIssue } from '#failpoint';
import { AdminServer } from '../health/admin-server.js';
import { Metrics } from '../health/metrics.js';
import { Readiness } from '../health/readiness.js';
import { createLogger, createServiceLogger, type Logger, ServiceLogger } from '../log/logger.js';
import { nestLogger } from '../log/nest-logger.js';
import { within } from '../within.js';
import type { ServiceDefinition } from './define-service.js';
import { RuntimeConfig } from './runtime.config.js';
import { RuntimeModule } from './runtime.module.js';
import { closeOnSignal, ShutdownDeadlineError } from './shutdown.js';
import { TRANSPORT, type Transport } from './transport.js';

const READY_POLL_MS = 50;

export interface StartOptions {
  /** Where the configuration is read. Default: process.env, which only a process of its own may use. */
  env?: Environment;
  /** Shared by the services of a process; whoever made it listens and closes. Default: an own one at ADMIN_HOST:ADMIN_PORT. */
  adminServer?: AdminServer;
  /** Shared by the services of a process. Default: an own one of LOG_LEVEL on standard output. */
  logger?: Logger;
  /**
   * True for a service that owns its process: SIGTERM and SIGINT stop it, and a failed start is told in one message with
   * exit code 1. False when several services share a process. Default: true.
   */
  signals?: boolean;
}

export interface RunningService {
  readonly name: string;
  readonly app: INestApplicationContext;
  /** Resolves when /readyz first says ready; rejects when the service is closed before that. */
  readonly ready: Promise<void>;
  /** Such as `http://127.0.0.1:3000`; only for a service with an HTTP edge. */
  readonly httpUrl?: string;
  /**
   * Becomes unready, stops taking work, finishes what runs, drains and closes. The same promise for every caller.
   * Rejects with ShutdownDeadlineError after SHUTDOWN_DEADLINE_MS (10 s by default).
   */
  close(): Promise<void>;
}

/**
 * Starts a service and returns once it listens: `ready` tells when its dependencies are there too.
 *
 * Stopping runs in this order: unready; the transport's `close` (stops pulling, waits for running handlers; the gateway:
 * stops listening after `beforeApplicationShutdown`); Nest's `onModuleDestroy` (clocks and loops end),
 * `beforeApplicationShutdown` (what is left is flushed), `onApplicationShutdown` (connections close).
 *
 * @throws ConfigurationError naming every wrong variable of the app's class and of RuntimeConfig
 */
export async function startService<T extends object>(
  service: ServiceDefinition<T>,
  options: StartOptions = {},
): Promise<RunningService> {
  const { env = process.env, signals = true } = options;
  try {
    const running = await start(service, env, options);
    if (signals) closeOnSignal(() => running.close(), running.app.get(ServiceLogger));
    return running;
  } catch (error) {
    if (signals) endProcess(service.name, error, options.logger);
    throw error;
  }
}

async function start<T extends object>(
  service: ServiceDefinition<T>,
  env: Environment,
  options: StartOptions,
): Promise<RunningService> {
  const { runtime, config, warnings } = readBoth(service, env);
  const root = options.logger ?? createLogger({ level: runtime.logLevel });
  const logger = createServiceLogger(root, service.name);
  for (const warning of warnings) logger.warn(warning);
  const readiness = new Readiness();
  const metrics = Metrics.forService(service.name);
  const adminServer = options.adminServer ?? new AdminServer({ host: runtime.adminHost, port: runtime.adminPort });
  adminServer.add({ name: service.name, readiness, metrics });

  let app: INestApplicationContext | undefined;
  const release = async (): Promise<void> => {
    adminServer.remove(service.name);
    if (!options.adminServer) await adminServer.close();
  };
  try {
    const adminUrl = options.adminServer ? undefined : await adminServer.listen();
    const providers = { configClass: service.config, config, runtime, logger, readiness, metrics, adminServer };
    // A class of its own per start: Nest tells modules apart by class, and tests start a service more than once.
    @Module({})
    class ServiceRoot {}
    const module = { module: ServiceRoot, imports: [RuntimeModule.with(providers), service.module(config)] };
    const nestOptions: NestApplicationOptions = { logger: nestLogger(root), abortOnError: false };

    let httpUrl: string | undefined;
    if (service.http) {
      const http = await service.http.createApp(module, nestOptions, config);
      app = http;
      const { host, port } = service.http.address(config);
      await http.listen(port, host);
      httpUrl = urlOf(host, (http.getHttpServer() as Server).address());
    } else {
      const microservice = await NestFactory.createMicroservice<AsyncMicroserviceOptions>(module, {
        ...nestOptions,
        inject: [TRANSPORT],
        useFactory: (strategy: Transport) => ({ strategy }),
      });
      app = microservice;
      await microservice.listen();
    }
    await failpoint('boot.before-ready');
    readiness.markServing();
    logger.info('started', { httpUrl, adminUrl });
    return runningService({
      name: service.name,
      app,
      httpUrl,
      readiness,
      logger,
      release,
      deadlineMs: runtime.shutdownDeadlineMs,
    });
  } catch (error) {
    // The first error is the one to tell; closing a half-made application may well fail because of it.
    await app?.close().catch(() => undefined);
    await release();
    throw error;
  }
}

interface Started {
  name: string;
  app: INestApplicationContext;
  httpUrl: string | undefined;
  readiness: Readiness;
  logger: Logger;
  release: () => Promise<void>;
  deadlineMs: number;
}

function runningService({ name, app, httpUrl, readiness, logger, release, deadlineMs }: Started): RunningService {
  let closing: Promise<void> | undefined;
  const closeInOrder = async (): Promise<void> => {
    readiness.markStopping();
    await failpoint('shutdown.before-drain');
    try {
      await app.close();
      await failpoint('shutdown.hang');
    } finally {
      await release();
    }
  };
  const ready = untilReady(name, readiness, () => closing !== undefined);
  ready.then(
    () => logger.info('ready'),
    // Whoever waits for `ready` hears of it; nobody has to wait.
    () => undefined,
  );
  return {
    name,
    app,
    ready,
    httpUrl,
    close: () => (closing ??= within(deadlineMs, closeInOrder(), () => new ShutdownDeadlineError(name, deadlineMs))),
  };
}

async function untilReady(name: string, readiness: Readiness, closed: () => boolean): Promise<void> {
  while (!(await readiness.report()).ready) {
    if (closed()) throw new Error(`${name} was closed before it became ready`);
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

function readBoth<T extends object>(service: ServiceDefinition<T>, env: Environment) {
  const production = isProduction(env);
  const runtime = readConfig(RuntimeConfig, env, production);
  const own = readConfig(service.config, env, production);
  const issues = [...own.issues, ...runtime.issues];
  const text = failpointsIssue();
  if (text) issues.push({ variable: 'SLIPWAY_FAILPOINTS', text });
  if (issues.length > 0) throw new ConfigurationError(issues, service.name);
  return { runtime: runtime.config, config: own.config, warnings: own.warnings };
}

function urlOf(host: string, address: ReturnType<Server['address']>): string {
  const port = typeof address === 'object' ? address?.port : undefined;
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function endProcess(name: string, error: unknown, logger: Logger = createLogger()): never {
  if (error instanceof ConfigurationError) process.stderr.write(`${error.message}\n`);
  else logger.fatal(`${name} could not start`, { err: error });
  process.exit(1);
}
