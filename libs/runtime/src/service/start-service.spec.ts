import { Controller, Injectable, Module, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { MessagePattern, Server } from '@nestjs/microservices';
import { IsNotEmpty } from 'class-validator';
import { afterEach, describe, expect, it } from 'vitest';

import { Variable } from '../config/variable.js';
import { AdminServer } from '../health/admin-server.js';
import { Readiness } from '../health/readiness.js';
import { createLogger, ServiceLogger } from '../log/logger.js';
import { defineService } from './define-service.js';
import { type RunningService, startService } from './start-service.js';
import { TRANSPORT, type Transport } from './transport.js';

class EchoConfig {
  @Variable('ECHO_PREFIX', { required: 'always', description: 'Stands before every answer.' })
  @IsNotEmpty()
  prefix: string;

  @Variable('ECHO_HOME', { default: 'example.org', placeholder: true, description: 'Where it lives.' })
  home: string;
}

@Controller()
class EchoHandler {
  constructor(private readonly config: EchoConfig) {}

  @MessagePattern('echo')
  handle(input: string): string {
    return this.config.prefix + input;
  }
}

/** Keeps what Nest bound to it, and tells the order in which a service stops. */
class RecordingTransport extends Server implements Transport {
  listening = false;
  onClose: () => Promise<void> | void = () => undefined;

  constructor(private readonly steps: string[]) {
    super();
  }

  listen(callback: () => void): void {
    this.listening = true;
    callback();
  }

  async close(): Promise<void> {
    this.steps.push('transport');
    await this.onClose();
  }

  on(): void {}

  unwrap<T>(): T {
    throw new Error('nothing inside');
  }

  async deliver(pattern: string, input: string): Promise<unknown> {
    return (await this.getHandlerByPattern(pattern)?.(input)) as unknown;
  }
}

class Steps extends Array<string> {}

@Injectable()
class Clock implements OnModuleDestroy, OnApplicationShutdown {
  constructor(
    private readonly steps: Steps,
    readonly logger: ServiceLogger,
  ) {}

  onModuleDestroy(): void {
    this.steps.push('clocks');
  }

  onApplicationShutdown(): void {
    this.steps.push('connections');
  }
}

function echo() {
  const steps = new Steps();
  const transport = new RecordingTransport(steps);
  @Module({})
  class EchoModule {}
  const service = defineService({
    name: 'echo',
    config: EchoConfig,
    module: () => ({
      module: EchoModule,
      controllers: [EchoHandler],
      providers: [Clock, { provide: Steps, useValue: steps }, { provide: TRANSPORT, useValue: transport }],
    }),
  });
  return { service, transport, steps };
}

describe('startService', () => {
  const running: RunningService[] = [];
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } });
  const adminServer = new AdminServer();
  const start = async (service: ReturnType<typeof echo>['service'], env: Record<string, string> = {}) => {
    const one = await startService(service, {
      env: { ECHO_PREFIX: '> ', ...env },
      logger,
      adminServer,
      signals: false,
    });
    running.push(one);
    return one;
  };
  const readyz = async () => {
    const answer = await adminServer.answer('/readyz');
    return { status: answer?.status, body: JSON.parse(answer?.body ?? '{}') as { broken: unknown[] } };
  };

  afterEach(async () => {
    await Promise.allSettled(running.splice(0).map((one) => one.close()));
    lines.length = 0;
  });

  it('binds the handlers to the transport that the module provides, with the configuration by its class', async () => {
    const { service, transport } = echo();
    await start(service);
    expect(transport.listening).toBe(true);
    expect(await transport.deliver('echo', 'hello')).toBe('> hello');
  });

  it('starts the same service several times in one process, each with its own configuration', async () => {
    const [one, two] = [echo(), echo()];
    await Promise.all([start(one.service), start(two.service, { ECHO_PREFIX: '2 ' })]);
    expect(await one.transport.deliver('echo', 'x')).toBe('> x');
    expect(await two.transport.deliver('echo', 'x')).toBe('2 x');
  });

  it('writes the lines of the service under its name and those of Nest under slipway', async () => {
    const { app } = await start(echo().service);
    app.get(Clock).logger.info('tick');
    const services = (text: string) =>
      lines.filter((line) => line.includes(text)).map((line) => (JSON.parse(line) as { service: string }).service);
    expect(services('"tick"')).toEqual(['echo']);
    expect(new Set(services('Nest'))).toEqual(new Set(['slipway']));
  });

  it('is ready once every check passes, and names the dependency that is away', async () => {
    const one = await start(echo().service);
    await one.ready;
    expect(await readyz()).toMatchObject({ status: 200 });
    one.app.get(Readiness).add('broker', () => Promise.reject(new Error('no connection to 127.0.0.1:4222')));
    expect(await readyz()).toMatchObject({
      status: 503,
      body: { broken: [{ service: 'echo', dependency: 'broker', reason: 'no connection to 127.0.0.1:4222' }] },
    });
  });

  it('stops in order: transport, clocks, connections; unready from the first moment', async () => {
    const { service, transport, steps } = echo();
    const one = await start(service);
    let whileStopping: Awaited<ReturnType<typeof readyz>> | undefined;
    transport.onClose = async () => {
      whileStopping = await readyz();
    };
    const [first, second] = [one.close(), one.close()];
    expect(second).toBe(first);
    await first;
    expect([...steps]).toEqual(['transport', 'clocks', 'connections']);
    expect(whileStopping).toMatchObject({
      status: 503,
      body: { broken: [{ dependency: 'service', reason: 'stopping' }] },
    });
    expect((await readyz()).body).toMatchObject({ services: {} });
  });

  it('gives up a stop that hangs at the deadline', async () => {
    const { service, transport } = echo();
    const one = await start(service, { SHUTDOWN_DEADLINE_MS: '100' });
    transport.onClose = () => new Promise(() => undefined);
    await expect(one.close()).rejects.toThrow('echo did not stop within 100 ms');
  });

  it('refuses a wrong environment with all errors of the app and of the process', async () => {
    const refused = start(echo().service, { ECHO_PREFIX: '', ADMIN_PORT: 'x', LOG_LEVEL: 'loud' });
    await expect(refused).rejects.toThrow(/ECHO_PREFIX[^]*LOG_LEVEL[^]*ADMIN_PORT/);
  });

  it('warns in its log, in production, of a placeholder that was left so', async () => {
    const warnings = () =>
      lines
        .map((line) => JSON.parse(line) as { level: string; service: string; msg: string })
        .filter(({ level }) => level === 'warn')
        .map(({ service, msg }) => `${service}: ${msg}`);
    await start(echo().service);
    expect(warnings()).toEqual([]);
    await start(echo().service, { NODE_ENV: 'production' });
    expect(warnings()).toEqual([
      'echo: ECHO_HOME is not set, and its default, "example.org", is only a placeholder. Where it lives.',
    ]);
  });

  it('leaves nothing behind when the module cannot be made', async () => {
    const service = defineService({
      name: 'broken',
      config: EchoConfig,
      module: () => {
        throw new Error('no such database');
      },
    });
    await expect(start(service)).rejects.toThrow('no such database');
    expect((await readyz()).body).toMatchObject({ services: {} });
  });

  it('serves the admin paths by itself when nobody gives it an admin server', async () => {
    const one = await startService(echo().service, {
      env: { ECHO_PREFIX: '>', ADMIN_PORT: '0' },
      logger,
      signals: false,
    });
    running.push(one);
    const started = lines.map((line) => JSON.parse(line) as { adminUrl?: string }).find(({ adminUrl }) => adminUrl);
    const url = started?.adminUrl ?? '';
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await one.close();
    await expect(fetch(`${url}/readyz`)).rejects.toThrow();
  });
});
