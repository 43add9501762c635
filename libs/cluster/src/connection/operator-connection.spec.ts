import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { inClusterConnection, OperatorConnection, trustedConnection } from './operator-connection.js';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

function kubeconfig(cluster: string, user: string): string {
  return `
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
contexts: [{name: mine, context: {cluster: c, user: u}}]
current-context: mine
`;
}

describe('trustedConnection', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-cluster-'));
    writeFileSync(join(folder, 'ca.crt'), PEM);
    writeFileSync(join(folder, 'client.pem'), PEM);
    writeFileSync(join(folder, 'namespace'), 'slipway-system\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads certificate files from the folder of the kubeconfig and leaves the token file to each use', () => {
    const text = kubeconfig(
      'server: "https://c:6443", certificate-authority: ca.crt',
      `client-certificate: client.pem, client-key: ${join(folder, 'client.pem')}`,
    );
    expect({ ...trustedConnection(text, undefined, join(folder, 'config')) }).toEqual({
      context: 'mine',
      server: 'https://c:6443',
      certificateAuthority: PEM,
      clientCertificate: PEM,
      clientKey: PEM,
      tokenFile: undefined,
    });
    const withToken = trustedConnection(
      kubeconfig('server: "https://c"', 'tokenFile: token'),
      'mine',
      join(folder, 'config'),
    );
    expect(withToken).toBeInstanceOf(OperatorConnection);
    expect(withToken).toMatchObject({ tokenFile: join(folder, 'token') });
  });

  it('takes http and an unchecked certificate, as kubectl does', () => {
    expect(trustedConnection(kubeconfig('server: "http://localhost:8001"', ''))).toMatchObject({
      server: 'http://localhost:8001',
    });
    expect(
      trustedConnection(kubeconfig('server: "https://localhost", insecure-skip-tls-verify: true', 'token: t')),
    ).toMatchObject({ skipTlsVerify: true });
  });

  it.each([
    ['exec', 'server: "https://c"', 'exec: {command: aws}', 'exec'],
    ['an auth-provider', 'server: "https://c"', 'auth-provider: {name: gcp}', 'auth_provider'],
    ['a proxy', 'server: "https://c", proxy-url: "http://p"', 'token: t', 'proxy'],
    ['impersonation', 'server: "https://c"', 'token: t, as: root', 'impersonation'],
    ['a file that is not there', 'server: "https://c", certificate-authority: /nowhere/ca', 'token: t', 'invalid_file'],
    ['an unknown context', 'server: "https://c"', 'token: t', 'no_such_context'],
  ])('refuses %s and says so', (name, cluster, user, code) => {
    const context = name === 'an unknown context' ? 'nowhere' : undefined;
    expect(trustedConnection(kubeconfig(cluster, user), context)).toEqual({
      code,
      refused: expect.stringMatching(/.{10}/),
    });
  });

  it('finds the service account of a pod', () => {
    expect({ ...inClusterConnection({ host: 'fd00::1', port: 443, folder }) }).toEqual({
      context: 'in-cluster',
      server: 'https://[fd00::1]:443',
      certificateAuthority: PEM,
      namespace: 'slipway-system',
      tokenFile: join(folder, 'token'),
    });
  });
});
