import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { operations } from '@slipway/contracts';
import { generateSealKeyPair, natsUserNames, natsUsers } from '@slipway/messaging';
import {
  ConfigurationError,
  describeConfig,
  type Environment,
  isAbsent,
  isProduction,
  readConfig,
  RuntimeConfig,
  type ServiceDefinition,
  type VariableIssue,
} from '@slipway/runtime';
import type { NatsUser } from '@slipway/testing/backends';

import type { Secrets } from '../instance/secrets.js';
import { sealedServices } from './service-list.js';

/** What an instance consists of, as far as its services have to be told. */
export interface InstanceFacts {
  host: string;
  port: number;
  dataDir: string;
  secrets: Secrets;
  database: { ownerUrl: string };
  broker: { url: string; external: boolean };
  cluster: { kubeconfig: string; context?: string };
}

type Value = (service: ServiceDefinition, facts: InstanceFacts) => string | undefined;

// The one place that says which variable has which value under `npm start`. A service gets those that its configuration class
// declares, so a secret reaches whoever reads it and nobody else.
const OWN: Record<string, Value> = {
  DATABASE_URL: ({ name }, { database, secrets }) => roleUrl(database.ownerUrl, name, databasePassword(secrets, name)),
  ENCRYPTION_KEYS: ({ name }, { secrets }) =>
    secrets.of(`encryption.${name}`, () => `1:${randomBytes(32).toString('base64')}`),
  NATS_URL: ({ name }, facts) => brokerUrl(facts, name),
  SEAL_PUBLIC_KEYS: (_, { secrets }) =>
    sealedServices.map(({ name }) => `${name}:${sealKeyPair(secrets, name).publicKey}`).join(','),
  SEAL_PRIVATE_KEY: ({ name }, { secrets }) => sealKeyPair(secrets, name).privateKey,
  KUBECONFIG_PATH: (_, { cluster }) => cluster.kubeconfig,
  KUBECONFIG_CONTEXT: (_, { cluster }) => cluster.context,
  HOST: (_, { host }) => host,
  PORT: (_, { port }) => String(port),
};

/** What a variable of the user's environment may replace. */
const DEFAULTS: Record<string, Value> = {
  REQUEST_HASH_SECRET: (_, { secrets }) => secrets.of('request-hash', () => randomBytes(32).toString('base64url')),
  CORS_ORIGINS: () => 'loopback',
  JWT_SECRET: (_, { secrets }) => secrets.of('jwt', () => randomBytes(32).toString('base64url')),
  DOMAIN_SUFFIX: () => 'apps.localhost',
  URL_SCHEME: () => 'http',
  PUBLIC_URL: (_, { port }) => `http://localhost:${port}`,
  // Whoever tries webhooks on a laptop has the receiver there too.
  OUTBOUND_ALLOW: () => 'loopback',
  MAIL_DIR: (_, { dataDir }) => join(dataDir, 'mail'),
};

/** The complete environment of one service: nothing else of the user's environment reaches it. */
export function serviceEnvironment(
  service: ServiceDefinition,
  facts: InstanceFacts,
  users: Environment,
): Record<string, string> {
  const declared = [service.config, RuntimeConfig].flatMap((config) => describeConfig(config)).map(({ name }) => name);
  const entries = declared.map((name): [string, string | undefined] => {
    const own = OWN[name];
    return [name, own ? own(service, facts) : (given(users, name) ?? DEFAULTS[name]?.(service, facts))];
  });
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What the user's environment says; an empty variable says nothing. */
export function given(users: Environment, name: string): string | undefined {
  return isAbsent(users[name]) ? undefined : users[name];
}

/**
 * Before anything is started for them: what the services will refuse of the user's environment.
 * @throws ConfigurationError naming every wrong variable of every service
 */
export function checkEnvironment(services: readonly ServiceDefinition[], users: Environment): void {
  const theirs = Object.fromEntries(Object.entries(users).filter(([name]) => !OWN[name]));
  const production = isProduction(users);
  const wrong = new Map<string, VariableIssue>();
  for (const config of [RuntimeConfig, ...services.map((service) => service.config)]) {
    for (const issue of readConfig(config, theirs, production).issues) {
      // What is not there comes from the instance.
      if (given(theirs, issue.variable) !== undefined) wrong.set(issue.variable, issue);
    }
  }
  if (wrong.size > 0) throw new ConfigurationError([...wrong.values()]);
}

export function databasePassword(secrets: Secrets, role: string): string {
  return secrets.of(`database.${role}`, () => randomBytes(24).toString('base64url'));
}

export function brokerPassword(secrets: Secrets, user: string): string {
  return secrets.of(`nats.${user}`, () => randomBytes(24).toString('base64url'));
}

/** The users of our own broker, each with the rights that the contracts give it. */
export function brokerUsers(secrets: Secrets): NatsUser[] {
  return natsUsers(operations, Object.fromEntries(natsUserNames.map((name) => [name, brokerPassword(secrets, name)])));
}

/** The address of the broker for one of its users; a broker of NATS_URL has the users of that URL only. */
export function brokerUrl({ broker, secrets }: Pick<InstanceFacts, 'broker' | 'secrets'>, user: string): string {
  return broker.external ? broker.url : withCredentials(broker.url, user, brokerPassword(secrets, user));
}

function roleUrl(ownerUrl: string, role: string, password: string): string {
  return withCredentials(ownerUrl, role, password);
}

function withCredentials(text: string, user: string, password: string): string {
  const url = new URL(text);
  url.username = user;
  url.password = password;
  return url.href;
}

function sealKeyPair(secrets: Secrets, service: string): { publicKey: string; privateKey: string } {
  const text = secrets.of(`seal.${service}`, () => JSON.stringify(generateSealKeyPair()));
  return JSON.parse(text) as { publicKey: string; privateKey: string };
}
