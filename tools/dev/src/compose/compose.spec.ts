import { readFileSync } from 'node:fs';

import { describeConfig, loadConfig, RuntimeConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { Secrets } from '../instance/secrets.js';
import { serviceEnvironment } from '../services/service-environment.js';
import { services } from '../services/service-list.js';
import { composeVariables } from './compose-variables.js';
import { readCompose } from './read-compose.js';

const text = readFileSync(new URL('../../../../docker-compose.yml', import.meta.url), 'utf8');
const compose = readCompose(text, Object.fromEntries(composeVariables()));

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
      cluster: { kubeconfig: '/kubeconfig.yaml' },
    },
    {},
  );
};

/** Those that production does well without: the defaults are meant for it. */
const LAPTOP_ONLY = ['MAIL_DIR', 'OUTBOUND_ALLOW'];

describe('docker-compose.yml', () => {
  it('has a service for every app', () => {
    const apps = compose.filter(({ command }) => command[1]?.startsWith('apps/')).map(({ name }) => name);
    expect(apps.sort()).toEqual(services.map(({ name }) => name).sort());
  });

  it.each(services.map((service) => [service.name, service] as const))(
    'gives %s what npm start gives it, and nothing that it does not know',
    (name, service) => {
      const given = compose.find((one) => one.name === name)?.environment ?? {};
      const declared = [service.config, RuntimeConfig]
        .flatMap((config) => describeConfig(config))
        .map((row) => row.name);
      expect(Object.keys(given).filter((variable) => !declared.includes(variable))).toEqual([]);
      const wanted = Object.keys(underNpmStart(service)).filter((variable) => !LAPTOP_ONLY.includes(variable));
      expect(wanted.filter((variable) => !(variable in given))).toEqual([]);
      // Complete also for production, which has no default for a secret.
      expect(() => loadConfig(service.config, { ...given, NODE_ENV: 'production' })).not.toThrow();
    },
  );

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
