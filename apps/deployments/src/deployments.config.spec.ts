import { readConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { DeploymentsConfig, reservedHostsOf } from './deployments.config.js';

describe('DeploymentsConfig', () => {
  it('warns in production of a DOMAIN_SUFFIX that was left as it is, and of nothing else', () => {
    const warningsOf = (env: Record<string, string>, production = true) =>
      readConfig(DeploymentsConfig, env, production).warnings;
    expect(warningsOf({})).toEqual([
      'DOMAIN_SUFFIX is not set, and its default, "vinhomes.co.uk", is only a placeholder. Hosts of apps are names under it.',
    ]);
    expect(warningsOf({ DOMAIN_SUFFIX: 'apps.example.com' })).toEqual([]);
    expect(warningsOf({}, false)).toEqual([]);
  });

  const wrong = (env: Record<string, string>) =>
    readConfig(DeploymentsConfig, env, false)
      .issues.map(({ variable }) => variable)
      .filter((variable) => variable in env);

  it.each([
    ['DOMAIN_SUFFIX', 'a..b'],
    ['DOMAIN_SUFFIX', 'a-.b'],
    ['DOMAIN_SUFFIX', `${'a'.repeat(64)}.b`],
    ['DOMAIN_SUFFIX', 'Apps.example.com'],
    ['RESERVED_HOSTS', 'www, -x'],
    ['INGRESS_CLASS', 'My Class'],
    ['INGRESS_NAMESPACE', 'Ingress-Nginx'],
    ['INGRESS_ADDRESS', '999.1.1.1'],
    ['INGRESS_ADDRESS', 'https://example.org'],
    ['CERT_ISSUER', 'Lets Encrypt'],
    ['KUBERNETES_NAMESPACE', 'a.b'],
    ['DOMAIN_RESOLVERS', '1.2.3.4.5'],
    ['DOMAIN_RESOLVERS', '999.1.1.1'],
    ['DOMAIN_RESOLVERS', '10.0.0.2, 1.2.3.4:99999'],
    // Node itself ends for it.
    ['DOMAIN_RESOLVERS', '1.2.3.4:0'],
    ['DOMAIN_RESOLVERS', 'dns.example.org'],
    ['KUBECONFIG_PATH', '/none'],
    ['ENCRYPTION_KEYS', '1:short'],
    ['SEAL_PRIVATE_KEY', '1:short'],
  ])('refuses %s=%s', (variable, value) => {
    expect(wrong({ [variable]: value })).toEqual([variable]);
  });

  it.each([
    ['DOMAIN_SUFFIX', 'localhost'],
    ['RESERVED_HOSTS', 'WWW, www.example.org'],
    ['INGRESS_CLASS', 'internal.nginx'],
    ['INGRESS_NAMESPACE', 'ingress-nginx'],
    ['INGRESS_ADDRESS', '203.0.113.10'],
    ['INGRESS_ADDRESS', 'fd00::1'],
    ['INGRESS_ADDRESS', 'LB.example.org'],
    ['DOMAIN_RESOLVERS', '10.0.0.2, 10.0.0.2:5353, ::1, [::1], [fd00::2]:65535'],
    ['ENVIRONMENT_ROLE', 'Slipway:environment'],
  ])('takes %s=%s', (variable, value) => {
    expect(wrong({ [variable]: value })).toEqual([]);
  });

  it('reserves the names of RESERVED_HOSTS, in place of its own, and the host of PUBLIC_URL', () => {
    const reserved = (env: Record<string, string>) => reservedHostsOf(readConfig(DeploymentsConfig, env, false).config);
    expect(reserved({})).toEqual(['www', 'api', 'app', 'admin', 'mail', 'localhost']);
    expect(reserved({ RESERVED_HOSTS: 'shop', PUBLIC_URL: 'https://engine.example.org:8443/x' })).toEqual([
      'shop',
      'engine.example.org',
    ]);
  });
});
