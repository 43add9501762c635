import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Authority, createAuthority, createCertificate } from '@slipway/embedded-cluster/certificates';
import { stringify } from 'yaml';

import type { Layout } from './layout.js';

/** Paths of everything that the parts of the cluster prove themselves with. */
export interface Credentials {
  readonly caFile: string;
  /** Of the authority that signs for the aggregation layer; one that signs users would let a user pretend to be it. */
  readonly frontProxyCaFile: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  /** `<name>.crt` and `<name>.key` of a certificate. */
  pair(name: 'api-server' | 'api-server-to-kubelet' | 'front-proxy' | 'kubelet'): { certificate: string; key: string };
  kubeconfig(name: 'admin' | 'controller-manager' | 'scheduler' | 'node'): string;
}

/** Makes all of them anew. @param server the URL of the API server */
export async function writeCredentials({ folder, node, nodeAddress }: Layout, server: string): Promise<Credentials> {
  const directory = join(folder, 'credentials');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = (name: string): string => join(directory, name);
  const write = (name: string, text: string): void => writeFileSync(path(name), text, { mode: 0o600 });

  const authority = await createAuthority('slipway-real-cluster');
  const frontProxyAuthority = await createAuthority('slipway-real-cluster-front-proxy');
  write('ca.crt', authority.certificatePem);
  write('front-proxy-ca.crt', frontProxyAuthority.certificatePem);

  const issue = async (
    name: string,
    subject: string,
    { by = authority, hosts }: { by?: Authority; hosts?: readonly string[] } = {},
  ): Promise<void> => {
    const usages = hosts ? (['serverAuth'] as const) : (['clientAuth'] as const);
    const { certificatePem, keyPem } = await createCertificate(by, { subject, hosts, usages });
    write(`${name}.crt`, certificatePem);
    write(`${name}.key`, keyPem);
  };
  await issue('api-server', 'CN=kube-apiserver', {
    hosts: ['127.0.0.1', 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
  });
  await issue('kubelet', `CN=${node}`, { hosts: [nodeAddress, node] });
  await issue('api-server-to-kubelet', 'O=system:masters,CN=kube-apiserver');
  await issue('front-proxy', 'CN=front-proxy', { by: frontProxyAuthority });

  const users = {
    admin: 'O=system:masters,CN=admin',
    'controller-manager': 'CN=system:kube-controller-manager',
    scheduler: 'CN=system:kube-scheduler',
    node: `O=system:nodes,CN=system:node:${node}`,
  };
  for (const [name, subject] of Object.entries(users)) {
    const { certificatePem, keyPem } = await createCertificate(authority, { subject, usages: ['clientAuth'] });
    write(
      `${name}.yaml`,
      kubeconfigOf(server, authority.certificatePem, {
        'client-certificate-data': base64(certificatePem),
        'client-key-data': base64(keyPem),
      }),
    );
  }

  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  write('service-account.key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  write('service-account.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString());

  return {
    caFile: path('ca.crt'),
    frontProxyCaFile: path('front-proxy-ca.crt'),
    serviceAccountKey: path('service-account.key'),
    serviceAccountPublicKey: path('service-account.pub'),
    pair: (name) => ({ certificate: path(`${name}.crt`), key: path(`${name}.key`) }),
    kubeconfig: (name) => path(`${name}.yaml`),
  };
}

/** A kubeconfig with one context, `slipway-real-cluster`. */
export function kubeconfigOf(server: string, caPem: string, user: Record<string, string>): string {
  const name = 'slipway-real-cluster';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    'current-context': name,
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
