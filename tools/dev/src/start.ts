import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { PROVISION_USER } from '@slipway/messaging';
import { createLogger, isProduction, loadConfig, RuntimeConfig } from '@slipway/runtime';
import { freePort } from '@slipway/testing/backends';

import { banner } from './banner.js';
import { firstUserKey } from './first-user-key.js';
import { openDataFolder } from './instance/data-folder.js';
import { firstUserOf, writeFirstUser } from './instance/first-user.js';
import { type LogFile, openLogFile } from './instance/log-file.js';
import { claimDataFolder, runningInstance } from './instance/pid-file.js';
import { requireFreePort } from './instance/port-holder.js';
import { openSecrets } from './instance/secrets.js';
import type { DevOptions } from './options.js';
import { type Broker, startBroker } from './parts/broker.js';
import { type ClusterPart, ingressAnswers, startCluster } from './parts/cluster.js';
import { type Database, startDatabase } from './parts/database.js';
import { migrateAll, provisionAll } from './prepare.js';
import { RunningParts } from './running-parts.js';
import {
  brokerUrl,
  brokerUsers,
  checkEnvironment,
  databasePassword,
  given,
  serviceEnvironment,
} from './services/service-environment.js';
import { services } from './services/service-list.js';
import { startServices } from './services/one-process.js';
import { startApps } from './services/processes.js';
import { stopLeftOvers } from './stop.js';
import { UserError } from './user-error.js';

const HOST = '127.0.0.1';
const FIRST_EMAIL = 'admin@slipway.local';
const FIRST_USERNAME = 'admin';
/** How long a stop waits for a start that is under way. */
const STARTING_GRACE_MS = 10_000;
const DEFAULT_API_KEY_PREFIX = 'ce_dev_';

/** Brings an instance up, keeps it until it is asked to stop, takes it down. Answers the exit code. */
export async function start(options: DevOptions): Promise<number> {
  const { dataDir, port } = options;
  const stopping = new AbortController();
  const askedToStop = whenAskedToStop().then(() => stopping.abort());
  const crash = whenCrashed();

  openDataFolder(dataDir);
  const other = runningInstance(dataDir);
  if (other !== undefined) {
    throw new UserError(
      `Slipway already runs on ${dataDir}, as process ${other}. To end it:\n\n  npm run stop${commandLineOf({ dataDir })}\n`,
    );
  }
  // Before the port is looked at: a gateway that was left running holds it.
  await stopLeftOvers(dataDir);
  await requireFreePort(port, HOST, (free) => `${npmScript(options)}${commandLineOf({ ...options, port: free })}`);

  const release = claimDataFolder(dataDir);
  const log = openLogFile(join(dataDir, 'slipway.log'), (line) => process.stderr.write(`  ${line}\n`));
  const parts = new RunningParts();
  try {
    const starting = bringUp(options, parts, log, stopping.signal);
    await Promise.race([starting, askedToStop, crash]);
    await Promise.race([askedToStop, crash]);
    process.stdout.write('\n  Stopping …\n');
    // Whoever stops a start that is under way must not leave what comes up a moment later.
    await Promise.race([starting.catch(() => undefined), delay(STARTING_GRACE_MS)]);
    const failures = await parts.stopAll();
    for (const failure of failures) process.stderr.write(`  ${failure}\n`);
    return failures.length > 0 ? 1 : 0;
  } catch (error) {
    const text = error instanceof Error ? error.stack : String(error);
    log.write(
      JSON.stringify({
        level: 'info',
        time: new Date().toISOString(),
        service: 'slipway',
        msg: 'Slipway ends because of an error',
        text,
      }),
    );
    await parts.stopAll();
    throw error;
  } finally {
    release();
    log.close();
  }
}

async function bringUp(options: DevOptions, parts: RunningParts, log: LogFile, stopping: AbortSignal): Promise<void> {
  const { dataDir, port, root } = options;
  checkEnvironment(services, process.env);
  const secrets = openSecrets(dataDir);
  const [database, broker, cluster] = await startParts(options, parts, secrets, log);
  const url = `http://localhost:${port}`;
  const user = firstUserOf(dataDir, url, () => ({
    email: FIRST_EMAIL,
    username: FIRST_USERNAME,
    password: randomBytes(15).toString('base64url'),
    apiKey: firstUserKey(given(process.env, 'API_KEY_PREFIX') ?? DEFAULT_API_KEY_PREFIX),
  }));

  const facts = { host: HOST, port, dataDir, secrets, database, broker, cluster };
  const { logLevel } = loadConfig(RuntimeConfig, process.env);
  const logger = createLogger({ level: logLevel, destination: log });
  if (stopping.aborted) return;
  await step('schemas and streams', () =>
    Promise.all([
      migrateAll(database.ownerUrl, (name) => databasePassword(secrets, name), user, logger),
      provisionAll(brokerUrl(facts, PROVISION_USER), logger),
    ]),
  );

  if (stopping.aborted) return;
  await step(options.processes ? `${services.length} processes` : 'services', async () => {
    if (options.processes) {
      const apps = await Promise.all(
        services.map(async (service) => {
          const adminPort = await freePort();
          const env = { ...serviceEnvironment(service, facts, process.env), ADMIN_PORT: String(adminPort) };
          return { name: service.name, main: join(root, 'apps', service.name, 'dist', 'main.js'), env, adminPort };
        }),
      );
      const running = startApps(apps, dataDir, (line) => log.write(line));
      parts.add('apps', running.stop);
      await running.ready;
    } else {
      const running = await startServices(
        services,
        (service) => serviceEnvironment(service, facts, process.env),
        logger,
      );
      parts.add('services', running.stop);
      await running.ready;
    }
  });

  writeFirstUser(dataDir, user);
  if (stopping.aborted) return;
  process.stdout.write(
    banner({
      user,
      dataDir,
      logFile: log.path,
      parts: [database, broker, cluster].map(({ description }) => description),
      cluster: cluster.simulated
        ? { simulated: true, kubeconfig: cluster.kubeconfig }
        : { simulated: false, kubectl: kubectlOf(cluster), ingressAnswers: await ingressAnswers() },
      processes: options.processes,
      // Since the process began: loading the apps is part of the wait.
      secondsToReady: performance.now() / 1000,
    }),
  );
}

type Secrets = ReturnType<typeof openSecrets>;

async function startParts(
  options: DevOptions,
  parts: RunningParts,
  secrets: Secrets,
  log: LogFile,
): Promise<[Database, Broker, ClusterPart]> {
  const { dataDir, kubeconfig, context } = options;
  const env = process.env;
  const progress = (line: string): boolean => process.stdout.write(`  ${line} …\n`);
  // What was started must be stopped even when its neighbour fails, so none is left behind half-way.
  const started = await step('database, broker, cluster', () =>
    Promise.allSettled([
      keep('PostgreSQL', startDatabase(dataDir, given(env, 'DATABASE_URL'))),
      keep(
        'NATS',
        startBroker({ dataDir, externalUrl: given(env, 'NATS_URL'), users: brokerUsers(secrets), env, progress }),
      ),
      keep(
        'cluster',
        startCluster({
          dataDir,
          kubeconfig,
          context,
          production: isProduction(env),
          log: (msg) => log.write(logLine(msg)),
        }),
      ),
    ] as const),
  );
  const failures = started.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length > 1 && failures.every((failure) => failure instanceof UserError)) {
    throw new UserError(failures.map((failure) => failure.message).join('\n'));
  }
  const [database, broker, cluster] = started;
  if (database.status === 'rejected') throw database.reason;
  if (broker.status === 'rejected') throw broker.reason;
  if (cluster.status === 'rejected') throw cluster.reason;
  return [database.value, broker.value, cluster.value];

  async function keep<T extends { stop(): Promise<void> }>(name: string, starting: Promise<T>): Promise<T> {
    const part = await starting;
    parts.add(name, () => part.stop());
    return part;
  }
}

/** Shows what is being done and how long it took. */
async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  process.stdout.write(`  ${title}: ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
  return result;
}

/** Resolves at the first signal, or when the launcher is gone. A second signal ends the process as it is: the next start clears up. */
function whenAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, ask);
    process.once('disconnect', () => {
      if (!asked) ask();
    });
  });
}

/** Rejects with an error that nobody has caught: what was started is then stopped in order all the same. */
function whenCrashed(): Promise<never> {
  const crash = new Promise<never>((_, reject) => process.once('uncaughtException', reject));
  // It may come before anybody waits for it.
  crash.catch(() => undefined);
  return crash;
}

function logLine(msg: string): string {
  return JSON.stringify({ level: 'info', time: new Date().toISOString(), service: 'slipway', msg });
}

function npmScript({ processes }: DevOptions): string {
  return processes ? 'npm run start:processes' : 'npm start';
}

function commandLineOf(options: Partial<DevOptions>): string {
  const named: [string, string | number | undefined][] = [
    ['--port', options.port],
    ['--data-dir', options.dataDir],
    ['--kubeconfig', options.kubeconfig],
    ['--context', options.context],
  ];
  const given = named.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`);
  return given.length > 0 ? ` -- ${given.join(' ')}` : '';
}

function kubectlOf({ kubeconfig, context }: ClusterPart): string {
  return `kubectl --kubeconfig ${kubeconfig}${context ? ` --context ${context}` : ''}`;
}
