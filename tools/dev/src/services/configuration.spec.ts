// What operators were promised, in plain values: a default or a bound that moves has to be moved here too.
import { describeConfig, readConfig, RuntimeConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { services } from './service-list.js';

const classes = [RuntimeConfig, ...services.map(({ config }) => config)];

/** All classes that read a variable are meant: they have to agree. */
const defaultsOf = (name: string): string[] => [
  ...new Set(
    classes.flatMap((config) => describeConfig(config).filter((row) => row.name === name)).map((row) => row.default),
  ),
];
const isTaken = (name: string, value: string): boolean[] => [
  ...new Set(
    classes
      .filter((config) => describeConfig(config).some((row) => row.name === name))
      .map((config) => !readConfig(config, { [name]: value }, false).issues.some(({ variable }) => variable === name)),
  ),
];

describe('variables', () => {
  it.each([
    ['PORT', '3000'],
    ['DOMAIN_SUFFIX', 'vinhomes.co.uk'],
    ['WEBHOOK_URL', ''],
    ['WEBHOOK_EVENTS', ''],
    ['KUBECONFIG_PATH', ''],
    ['KUBERNETES_NAMESPACE', 'slipway-system'],
    ['AWS_SES_SMTP_HOST', ''],
    ['AWS_SES_SMTP_PORT', '587'],
    ['MAILTRAP_SMTP_PORT', '587'],
    ['MAIL_DIR', '.slipway/mail'],
    ['EMAIL_FROM', ''],
    ['EMAIL_FROM_NAME', 'Container Engine'],
    ['API_KEY_PREFIX', 'ce_dev_'],
    ['JWT_EXPIRES_IN', '3600'],
    ['INGRESS_CLASS', ''],
    ['FRONTEND_PATH', ''],
    ['REGISTRATION', 'open'],
    ['LOGIN_HIDE_UNKNOWN_USERS', 'false'],
    ['RATE_LIMIT_PER_MINUTE', '0'],
    ['PUBLIC_RATE_LIMIT_PER_MINUTE', '600'],
    ['PUBLIC_URL', ''],
    ['CORS_ORIGINS', ''],
    ['TRUSTED_PROXIES', ''],
    ['LOGS_FORMAT', 'json'],
    ['OBSERVE_WAIT_MS', '5000'],
    ['URL_SCHEME', 'https'],
    ['RESERVED_HOSTS', 'www,api,app,admin,mail'],
    ['INGRESS_ADDRESS', ''],
    ['INGRESS_NAMESPACE', ''],
    ['CERT_ISSUER', ''],
    ['POD_SECURITY', 'baseline'],
    ['MAX_REPLICAS', '100'],
    ['MAX_DEPLOYMENTS_PER_USER', '0'],
    ['ENVIRONMENT_MAX_PODS', '500'],
    ['RESYNC_SECONDS', '300'],
    ['ACTIVITY_DAYS', '90'],
    ['IMAGE_CHECK', 'false'],
    ['DOMAIN_VERIFY', 'dns'],
    ['DOMAIN_RESOLVERS', ''],
    ['OUTBOUND_ALLOW', ''],
    ['LOG_LEVEL', 'info'],
    ['ADMIN_HOST', '127.0.0.1'],
    ['ADMIN_PORT', '8081'],
    ['SHUTDOWN_DEADLINE_MS', '10000'],
  ])('%s is %j by default', (name, value) => {
    expect(defaultsOf(name)).toEqual([value]);
  });

  it.each([
    ['PORT', '0', '65535'],
    ['JWT_EXPIRES_IN', '60', '3600'],
    ['OBSERVE_WAIT_MS', '0', '25000'],
    ['MAX_REPLICAS', '1', '10000'],
    ['AWS_SES_SMTP_PORT', '1', '65535'],
    ['MAILTRAP_SMTP_PORT', '1', '65535'],
    ['ACTIVITY_DAYS', '1', '3650'],
    ['ADMIN_PORT', '0', '65535'],
  ])('%s is from %i to %i', (name, least, most) => {
    const around = [Number(least) - 1, least, most, Number(most) + 1].map(String);
    expect(around.map((value) => isTaken(name, value))).toEqual([[false], [true], [true], [false]]);
  });

  it.each([
    ['RATE_LIMIT_PER_MINUTE', '0'],
    ['PUBLIC_RATE_LIMIT_PER_MINUTE', '0'],
    ['MAX_DEPLOYMENTS_PER_USER', '0'],
    ['ENVIRONMENT_MAX_PODS', '1'],
    ['RESYNC_SECONDS', '1'],
    ['SHUTDOWN_DEADLINE_MS', '100'],
  ])('%s is %i or more', (name, least) => {
    expect([String(Number(least) - 1), least].map((value) => isTaken(name, value))).toEqual([[false], [true]]);
  });

  it.each([
    ['REGISTRATION', ['open', 'closed']],
    ['LOGS_FORMAT', ['json', 'text']],
    ['URL_SCHEME', ['https', 'http']],
    ['POD_SECURITY', ['baseline', 'restricted']],
    ['DOMAIN_VERIFY', ['dns', 'off']],
    ['LOGIN_HIDE_UNKNOWN_USERS', ['true', 'false']],
    ['IMAGE_CHECK', ['true', 'false']],
  ])('%s is one of %j', (name, words) => {
    expect([...words, 'else'].map((word) => isTaken(name, word))).toEqual([...words.map(() => [true]), [false]]);
  });
});
