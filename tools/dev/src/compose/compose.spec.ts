import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describeConfig, loadConfig, RuntimeConfig } from '@slipway/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { Secrets } from '../instance/secrets.js';
import { serviceEnvironment } from '../services/service-environment.js';
import { services } from '../services/service-list.js';
import { composeVariables } from './compose-variables.js';
import { readCompose } from './read-compose.js';

const text = readFileSync(new URL('../../../../docker-compose.yml', import.meta.url), 'utf8');
const variables = Object.fromEntries(composeVariables());
const compose = readCompose(text, variables);
const environmentOf = (name: string, more: Record<string, string> = {}): Readonly<Record<string, string>> =>
  readCompose(text, { ...variables, ...more }).find((one) => one.name === name)?.environment ?? {};

// A configuration is complete only with a kubeconfig that can be read.
const folder = mkdtempSync(join(tmpdir(), 'compose-spec-'));
const KUBECONFIG_PATH = join(folder, 'kubeconfig.yaml');
writeFileSync(
  KUBECONFIG_PATH,
  `apiVersion: v1
kind: Config
current-context: c
contexts: [{ name: c, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: 'https://127.0.0.1:6443', insecure-skip-tls-verify: true } }]
users: [{ name: u, user: { token: t } }]
`,
);
afterAll(() => rmSync(folder, { recursive: true }));

/** What npm start gives a service without anything in the user's environment. */
const underNpmStart = (service: (typeof services)[number]): Record<string, string> => {
  const secrets = Object.create(Secrets.prototype, {
    of: { value: (_: string, make: () => string): string => make() },
  }) as Secrets;
  return serviceEnvironment(
    service,
    {
      host: '127.0.0.1',
      port: 3000,
      dataDir: '/data',
      secrets,
      database: { ownerUrl: 'postgres://slipway:x@127.0.0.1:5432/slipway' },
      broker: { url: 'nats://127.0.0.1:4222', external: false },
      cluster: { kubeconfig: KUBECONFIG_PATH },
    },
    {},
  );
};

/** Those that production does well without: the defaults are meant for it. */
const LAPTOP_ONLY = ['MAIL_DIR', 'OUTBOUND_ALLOW'];
/** What a container has of its own, whatever `.env` says: addresses, keys of one service, what a cluster sets in a pod. */
const CONTAINERS_OWN = [
  'DATABASE_URL',
  'NATS_URL',
  'ENCRYPTION_KEYS',
  'SEAL_PRIVATE_KEY',
  'HOST',
  'MAIL_DIR',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
];

describe('docker-compose.yml', () => {
  it('has a service for every app', () => {
    const apps = compose.filter(({ command }) => command[1]?.startsWith('apps/')).map(({ name }) => name);
    expect(apps.sort()).toEqual(services.map(({ name }) => name).sort());
  });

  it.each(services.map((service) => [service.name, service] as const))(
    'gives %s what npm start gives it, and nothing that it does not know',
    (name, service) => {
      const given = environmentOf(name);
      const declared = [service.config, RuntimeConfig]
        .flatMap((config) => describeConfig(config))
        .map((row) => row.name);
      expect(Object.keys(given).filter((variable) => !declared.includes(variable))).toEqual([]);
      const wanted = Object.keys(underNpmStart(service)).filter((variable) => !LAPTOP_ONLY.includes(variable));
      expect(wanted.filter((variable) => !(variable in given))).toEqual([]);
      // Complete also for production, which has no default for a secret.
      const read = { ...given, ...('KUBECONFIG_PATH' in given && { KUBECONFIG_PATH }), NODE_ENV: 'production' };
      expect(() => loadConfig(service.config, read)).not.toThrow();
    },
  );

  it.each(services.map((service) => [service.name, service] as const))(
    'gives %s every variable that the operator may set',
    (name, service) => {
      const own = name === 'gateway' ? [...CONTAINERS_OWN, 'PORT'] : CONTAINERS_OWN;
      const names = [...describeConfig(service.config).map((row) => row.name), 'LOG_LEVEL'];
      const wanted = names.filter((variable) => !own.includes(variable));
      expect(wanted.filter((variable) => environmentOf(name, { [variable]: 'given' })[variable] !== 'given')).toEqual(
        [],
      );
    },
  );

  it('leads clients, links in mails and the reserved host to the port that it opens', () => {
    const urlOf = (name: string) => environmentOf(name, { PORT: '8080' }).PUBLIC_URL;
    expect([urlOf('gateway'), urlOf('deployments')]).toEqual(['http://localhost:8080', 'http://localhost:8080']);
    expect(environmentOf('notifications', { PORT: '8080' })).toMatchObject({ PUBLIC_URL: '', PORT: '8080' });
  });

  it.each(services.map((service) => [service.name, service] as const))(
    'is complete for %s under npm start',
    (_, service) => {
      expect(() => loadConfig(service.config, underNpmStart(service))).not.toThrow();
    },
  );

  it('asks for no variable that docker run … compose-env.js (docker-compose.yml says how) does not write', () => {
    const asked = new Set([...text.matchAll(/\$\{(\w+):\?\}/g)].map(([, name]) => name));
    expect([...asked].sort()).toEqual(
      composeVariables()
        .map(([name]) => name)
        .filter((name) => name !== 'COMPOSE_PROFILES')
        .sort(),
    );
  });

  it('has one cluster per profile, the embedded one by default, and apps that find the same file with either', () => {
    expect(Object.fromEntries(composeVariables()).COMPOSE_PROFILES).toBe('embedded');
    expect(compose.filter(({ profiles }) => profiles.length > 0).map(({ name, profiles }) => [name, profiles])).toEqual(
      [
        ['embedded-cluster', ['embedded']],
        ['k3s', ['k3s']],
      ],
    );
    const { services } = parse(text, { merge: true }) as {
      services: Record<string, { depends_on?: Record<string, object> }>;
    };
    for (const { name } of compose.filter(({ command }) => command[1]?.startsWith('apps/'))) {
      // Compose refuses to wait for a service whose profile is off, unless it may be missing.
      expect([name, services[name]?.depends_on]).toMatchObject([
        name,
        { 'embedded-cluster': { required: false }, k3s: { required: false } },
      ]);
    }
    const file = compose.find(({ name }) => name === 'deployments')?.environment.KUBECONFIG_PATH;
    const k3s = compose.find(({ name }) => name === 'k3s');
    expect(k3s?.volumes).toContain('cluster:/cluster');
    expect(k3s?.healthcheck.at(-1)).toContain(`> ${file};`);
  });
});
