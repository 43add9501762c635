// Owns the whole of a run: database, broker, cluster, webhook receiver, and one process per app (two of those that must share), each link
// through a proxy. Knows how to start and stop them and where they are; what is done to them lies in ../faults.
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  brokerUrl,
  brokerUsers,
  databasePassword,
  databaseServices,
  declares,
  migrateAll,
  openSecrets,
  provisionAll,
  RunningParts,
  type Secrets,
  serviceEnvironment,
  services,
} from '@slipway/dev';
import { type EmbeddedCluster, startEmbeddedCluster, type Write } from '@slipway/embedded-cluster';
import { PROVISION_USER } from '@slipway/messaging';
import { createLogger } from '@slipway/runtime';

import { askCluster } from '../observe/cluster.js';
import { RigBroker } from './broker.js';
import type { Command } from './command.js';
import { RigDatabase } from './database.js';
import { Link, PASS } from './link.js';
import { Ports } from './ports.js';
import { Receiver } from './receiver.js';
import { type ReplicaProcess, Supervisor } from './supervisor.js';

/** Who says at which failpoints processes end. */
export interface FailpointChoice {
  /** SLIPWAY_FAILPOINTS for the next start of a replica of an app. */
  rulesFor(app: string, replica: string): string | undefined;
  hit(name: string): void;
}

export interface RigOptions {
  readonly folder: string;
  readonly failpoints?: FailpointChoice;
  /** A defect or aid of ../defects. */
  readonly planted?: string | undefined;
  readonly seed: number;
  /** All services in one process, as `npm start` runs them, in place of one or two processes each. */
  readonly oneProcess: boolean;
}

/** Those of which two run, so that what one does meets what the other does. */
const PAIRS = ['gateway', 'deployments', 'logs'];
const WHOLE = 'slipway-1';
const TO_THE_CLUSTER = ' to the cluster';
const READY_TIMEOUT_MS = 90_000;
/** Less than a lease lasts without its holder. */
const LEASE_SAFE_MS = 10_000;
const root = fileURLToPath(new URL('../../../../', import.meta.url));

export class Rig {
  readonly database: RigDatabase;
  readonly broker: RigBroker;
  readonly receiver = new Receiver();
  readonly replicas: Supervisor[] = [];
  readonly links: Link[] = [];
  /** Where the driver reaches the gateways. */
  readonly gatewayUrls: string[] = [];
  cluster!: EmbeddedCluster;
  /** Where notifications reaches the receiver. */
  receiverUrl = '';

  private readonly secrets: Secrets;
  private readonly parts = new RunningParts();
  private readonly ports = new Ports();
  private migrations = 0;

  constructor(private readonly options: RigOptions) {
    mkdirSync(join(options.folder, 'cluster'), { recursive: true });
    this.secrets = openSecrets(options.folder);
    this.database = new RigDatabase(join(options.folder, 'postgres'), this.ports);
    this.broker = new RigBroker(join(options.folder, 'nats'), brokerUsers(this.secrets), this.ports);
  }

  async start(): Promise<void> {
    const { folder, oneProcess } = this.options;
    const servicesLog = createWriteStream(join(folder, 'services.log'));
    const keep = async (name: string, starting: Promise<unknown>, stop: () => Promise<void> | void): Promise<void> => {
      await starting;
      this.parts.add(name, async () => stop());
    };
    const started = await Promise.allSettled([
      keep('database', this.database.start(), () => this.database.stop()),
      keep('broker', this.broker.start(), () => this.broker.stop()),
      keep('receiver', this.receiver.open(), () => this.receiver.close()),
      startEmbeddedCluster({ dataDir: join(folder, 'cluster') }).then((cluster) => {
        this.cluster = cluster;
        this.parts.add('cluster', () => cluster.close());
      }),
    ]);
    const failure = started.find((one) => one.status === 'rejected');
    if (failure) throw failure.reason;
    this.parts.add('links', async () => {
      for (const link of this.links) link.close();
    });

    const logger = createLogger({ level: 'warn' });
    await Promise.all([
      migrateAll(this.database.ownerUrl, (name) => databasePassword(this.secrets, name), undefined, logger),
      provisionAll(this.brokerUrl(PROVISION_USER), logger),
    ]);
    const receiverPort = await this.link('notifications-1 to the receiver', () => this.receiver.port);
    this.receiverUrl = `http://127.0.0.1:${receiverPort}`;
    const log = (line: string): void => void servicesLog.write(`${line}\n`);
    if (oneProcess) this.replicas.push(await this.wholeReplica(log));
    else
      for (const service of services) {
        for (let number = 1; number <= (PAIRS.includes(service.name) ? 2 : 1); number += 1)
          this.replicas.push(await this.replica(service, `${service.name}-${number}`, log));
      }
    this.parts.add('apps', async () => {
      await Promise.all(this.replicas.map((replica) => replica.stop()));
      servicesLog.end();
    });
    for (const replica of this.replicas) replica.start();
    await this.untilReady(READY_TIMEOUT_MS);
  }

  async untilReady(timeoutMs: number): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.untilReady(timeoutMs)));
  }

  /** The replica of that name, such as `gateway-2`. */
  replicaOf(name: string): Supervisor {
    const found = this.replicas.find((replica) => replica.name === name);
    if (!found) throw new Error(`there is no replica ${name}`);
    return found;
  }

  /** The replicas of an app. */
  replicasOf(app: string): Supervisor[] {
    return this.replicas.filter(({ name }) => name.startsWith(`${app}-`));
  }

  /** The replica that wrote: each comes to the cluster from an address of its own. */
  writerOf({ address }: Write): string | undefined {
    const link = this.links.find((one) => one.name.endsWith(TO_THE_CLUSTER) && one.address === address);
    return link?.name.split(' ', 1)[0];
  }

  /** The replica that wrote the lease last; undefined when none has. */
  leader(): string | undefined {
    const written = this.cluster.writes().findLast(({ resource }) => resource === 'leases');
    return written && this.writerOf(written);
  }

  /**
   * Takes the lease from a leader that has ended, as an operator might: what waiting for its end does is seen where processes are killed at
   * random. Soon after the end, so that nobody else can hold it yet.
   */
  async passOnLease(): Promise<void> {
    const written = this.cluster.writes().findLast(({ resource }) => resource === 'leases');
    const holder = written && this.replicas.find(({ name }) => name === this.writerOf(written));
    if (!written || !holder || written.verb === 'delete' || written.at.getTime() > holder.startedAtTime) return;
    if (Date.now() - written.at.getTime() > LEASE_SAFE_MS) return;
    const { namespace = '', name } = written;
    await askCluster(this.cluster.kubeconfig, (cluster) => cluster.delete({ kind: 'Lease', namespace, name }));
  }

  /** What makes streams and consumers, to be run again. */
  provisioning(): { command: Command; done: () => Promise<void> } {
    const env = { NATS_URL: this.brokerUrl(PROVISION_USER) };
    return { command: { name: 'provision', env }, done: async () => undefined };
  }

  /** What makes schemas and tables, in a database of its own. */
  async migration(): Promise<{ command: Command; done: () => Promise<void> }> {
    const name = `migrated_${(this.migrations += 1)}`;
    await this.database.sql(`create database ${name}`);
    const url = new URL(this.database.ownerUrl);
    url.pathname = name;
    const passwords = databaseServices.map(({ service }) => [
      service.name,
      databasePassword(this.secrets, service.name),
    ]);
    const env = { DATABASE_URL: url.href, DATABASE_PASSWORDS: passwords.map((pair) => pair.join(':')).join(',') };
    const done = async (): Promise<void> => void (await this.database.sql(`drop database ${name} with (force)`));
    return { command: { name: 'migrate', env }, done };
  }

  /** The broker itself, past the links, for one of its users. */
  brokerUrl(user: string): string {
    return brokerUrl(
      { broker: { url: `nats://127.0.0.1:${this.broker.port}`, external: false }, secrets: this.secrets },
      user,
    );
  }

  /** Ends every fault that may still hold, and waits until all replicas are ready. */
  async heal(timeoutMs: number): Promise<void> {
    for (const link of this.links) link.set(PASS);
    for (const replica of this.replicas) replica.signal('SIGCONT');
    this.cluster.faults.clear();
    this.receiver.behaveWell();
    await this.untilReady(timeoutMs);
  }

  /** @returns what could not be stopped */
  async stop({ keepFiles }: { keepFiles: boolean }): Promise<string[]> {
    const failures = await this.parts.stopAll();
    if (!keepFiles)
      for (const name of ['postgres', 'nats', 'cluster', 'secrets.json', 'environments.json', 'mail'])
        this.remove(name);
    return failures;
  }

  private remove(name: string): void {
    rmSync(join(this.options.folder, name), { recursive: true, force: true });
  }

  private async link(name: string, targetPort: () => number): Promise<number> {
    // The audit of the cluster tells its clients apart by their address; the database lets in one address only.
    const address = name.endsWith(TO_THE_CLUSTER) ? `127.0.1.${this.links.length + 1}` : undefined;
    const link = new Link(name, targetPort, address);
    this.links.push(link);
    return link.open();
  }

  private async replica(
    service: (typeof services)[number],
    name: string,
    log: (line: string) => void,
  ): Promise<Supervisor> {
    const env = await this.environmentOf(service, name, name);
    const main = join(root, 'apps', service.name, 'dist', 'main.js');
    return this.supervisor({ name, command: [main], env }, service.name, log);
  }

  private async wholeReplica(log: (line: string) => void): Promise<Supervisor> {
    const environments: Record<string, Record<string, string>> = {};
    for (const service of services)
      environments[service.name] = await this.environmentOf(service, `${WHOLE} (${service.name})`, service.name);
    const file = join(this.options.folder, 'environments.json');
    writeFileSync(file, JSON.stringify(environments), { mode: 0o600 });
    const main = fileURLToPath(new URL('one-process.js', import.meta.url));
    return this.supervisor({ name: WHOLE, command: [main, file], env: {} }, 'all', log);
  }

  private async environmentOf(
    service: (typeof services)[number],
    name: string,
    fileName: string,
  ): Promise<Record<string, string>> {
    const { folder } = this.options;
    const databasePort = await this.link(`${name} to the database`, () => this.database.port);
    const brokerPort = await this.link(`${name} to the broker`, () => this.broker.port);
    const ownerUrl = new URL(this.database.ownerUrl);
    ownerUrl.port = String(databasePort);
    const kubeconfig = join(folder, 'cluster', `${fileName}.yaml`);
    if (declares(service, 'KUBECONFIG_PATH')) {
      const clusterPort = await this.link(`${name}${TO_THE_CLUSTER}`, () => this.cluster.port);
      const url = `https://127.0.0.1:${clusterPort}`;
      writeFileSync(kubeconfig, this.cluster.kubeconfig.replace(this.cluster.url, url), { mode: 0o600 });
    }
    const port = await this.ports.next();
    if (service.name === 'gateway') {
      this.gatewayUrls.push(`http://127.0.0.1:${await this.link(`the driver to ${name}`, () => port)}`);
    }
    const facts = {
      host: '127.0.0.1',
      port,
      dataDir: folder,
      secrets: this.secrets,
      database: { ownerUrl: ownerUrl.href },
      broker: { url: `nats://127.0.0.1:${brokerPort}`, external: false },
      cluster: { kubeconfig },
    };
    // One address sends everything, and what a write waits for is checked at the end.
    return serviceEnvironment(service, facts, { PUBLIC_RATE_LIMIT_PER_MINUTE: '0', OBSERVE_WAIT_MS: '500' });
  }

  private async supervisor(
    { name, command, env }: Pick<ReplicaProcess, 'name' | 'command' | 'env'>,
    app: string,
    log: (line: string) => void,
  ): Promise<Supervisor> {
    const { failpoints, planted, seed } = this.options;
    const adminPort = await this.ports.next();
    return new Supervisor(
      {
        name,
        command,
        adminPort,
        nodeOptions: [
          '--conditions=slipway-failpoints',
          '--expose-gc',
          // As npm start and an image have it.
          '--max-semi-space-size=8',
          ...['--import', fileURLToPath(new URL('tell-held.js', import.meta.url))],
          ...(planted ? ['--import', fileURLToPath(new URL('../defects/loader.js', import.meta.url))] : []),
        ],
        env: { ...env, ADMIN_PORT: String(adminPort), ...(planted && { SLIPWAY_DEFECT: planted }) },
      },
      log,
      (): Record<string, string> => {
        const rules = failpoints?.rulesFor(app, name);
        return rules === undefined ? {} : { SLIPWAY_FAILPOINTS: rules, SLIPWAY_FAILPOINT_SEED: String(seed) };
      },
      (failpoint) => failpoints?.hit(failpoint),
    );
  }
}
