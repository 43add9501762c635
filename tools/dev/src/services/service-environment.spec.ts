import { gateway } from '@slipway/gateway';
import { identity } from '@slipway/identity';
import { notifications } from '@slipway/notifications';
import { deployments } from '@slipway/deployments';
import { describe, expect, it } from 'vitest';

import { Secrets } from '../instance/secrets.js';
import { checkEnvironment, type InstanceFacts, serviceEnvironment } from './service-environment.js';
import { services } from './service-list.js';

const secrets = Object.create(Secrets.prototype, {
  of: { value: (_: string, make: () => string): string => make() },
}) as Secrets;
const facts: InstanceFacts = {
  host: '127.0.0.1',
  port: 3100,
  dataDir: '/data',
  secrets,
  database: { ownerUrl: 'postgres://slipway:x@127.0.0.1:5432/slipway' },
  broker: { url: 'nats://127.0.0.1:4222', external: false },
  cluster: { kubeconfig: '/kubeconfig.yaml' },
};

describe('the environment of a service under npm start', () => {
  it('has these defaults, as the README says', () => {
    expect(serviceEnvironment(deployments, facts, {})).toMatchObject({
      KUBECONFIG_PATH: '/kubeconfig.yaml',
      DOMAIN_SUFFIX: 'apps.localhost',
      URL_SCHEME: 'http',
      PUBLIC_URL: 'http://localhost:3100',
      OUTBOUND_ALLOW: 'loopback',
    });
    expect(serviceEnvironment(notifications, facts, {})).toMatchObject({
      DOMAIN_SUFFIX: 'apps.localhost',
      MAIL_DIR: '/data/mail',
      PUBLIC_URL: 'http://localhost:3100',
      OUTBOUND_ALLOW: 'loopback',
    });
    expect(serviceEnvironment(gateway, facts, {})).toMatchObject({
      HOST: '127.0.0.1',
      PORT: '3100',
      CORS_ORIGINS: 'loopback',
    });
  });

  it("has the user's values in place of defaults, where the service knows them and nowhere else", () => {
    const users = { DOMAIN_SUFFIX: 'apps.example.com', JWT_SECRET: 'k'.repeat(32), HOME: '/root', HOST: '0.0.0.0' };
    expect(serviceEnvironment(deployments, facts, users).DOMAIN_SUFFIX).toBe('apps.example.com');
    expect(serviceEnvironment(identity, facts, users).JWT_SECRET).toBe('k'.repeat(32));
    expect(serviceEnvironment(identity, facts, users)).not.toHaveProperty('DOMAIN_SUFFIX');
    expect(serviceEnvironment(gateway, facts, users)).not.toHaveProperty('JWT_SECRET');
    expect(serviceEnvironment(gateway, facts, users)).not.toHaveProperty('HOME');
    expect(serviceEnvironment(gateway, facts, users).HOST).toBe('127.0.0.1');
  });

  it.each(['', ' '])('has its default where the user set %j', (empty) => {
    expect(serviceEnvironment(identity, facts, { JWT_SECRET: empty }).JWT_SECRET?.length).toBeGreaterThanOrEqual(32);
    expect(serviceEnvironment(deployments, facts, { DOMAIN_SUFFIX: empty }).DOMAIN_SUFFIX).toBe('apps.localhost');
    expect(serviceEnvironment(notifications, facts, { MAIL_DIR: empty }).MAIL_DIR).toBe('/data/mail');
    expect(serviceEnvironment(identity, facts, { API_KEY_PREFIX: empty })).not.toHaveProperty('API_KEY_PREFIX');
  });
});

describe("the user's environment", () => {
  const check = (users: Record<string, string>) => () => checkEnvironment(services, users);

  it('is refused with the wrong variables of all services and of the process, each once', () => {
    const users = { REGISTRATION: 'x', LOGS_FORMAT: 'x', EMAIL_FROM: 'x', API_KEY_PREFIX: 'a-b', LOG_LEVEL: 'loud' };
    expect(check(users)).toThrow(/5 variables need attention/);
    for (const name of Object.keys(users)) expect(check(users)).toThrow(name);
  });

  it('may lack what the instance makes, and be wrong where the instance has its own', () => {
    expect(check({})).not.toThrow();
    expect(check({ NODE_ENV: 'production' })).not.toThrow();
    expect(check({ PORT: 'x', ENCRYPTION_KEYS: 'x', JWT_SECRET: '' })).not.toThrow();
  });
});
