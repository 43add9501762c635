import {
  type ServiceDefinition,
  AdminServer,
  type Environment,
  type Logger,
  type RunningService,
  startService,
} from '@slipway/runtime';

export interface RunningServices {
  readonly ready: Promise<void>;
  readonly adminUrl: string;
  stop: () => Promise<void>;
}

/** Starts all services in this process. They share a logger and one admin server on a loopback port, 0 for a free one, and nothing else. */
export async function startServices(
  services: readonly ServiceDefinition[],
  environmentOf: (service: ServiceDefinition) => Environment,
  logger: Logger,
  adminPort = 0,
): Promise<RunningServices> {
  const adminServer = new AdminServer({ port: adminPort });
  const adminUrl = await adminServer.listen();
  const started = await Promise.allSettled(
    services.map((service) =>
      startService(service, { env: environmentOf(service), adminServer, logger, signals: false }),
    ),
  );
  const running = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async (): Promise<void> => {
    // The gateway first: requests that it has accepted still need the services behind it.
    const [edge, behind] = [running.filter(({ httpUrl }) => httpUrl), running.filter(({ httpUrl }) => !httpUrl)];
    await closeAll(edge);
    await closeAll(behind);
    await adminServer.close();
  };
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) {
    await stop().catch(() => undefined);
    throw failure.reason;
  }
  const ready = Promise.all(running.map((service) => service.ready)).then(() => undefined);
  return { ready, adminUrl, stop };
}

async function closeAll(running: readonly RunningService[]): Promise<void> {
  const closed = await Promise.allSettled(running.map((service) => service.close()));
  const failure = closed.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
