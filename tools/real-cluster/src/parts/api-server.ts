import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import type { Part } from './part.js';

/** Of the audit log, relative to the cluster's folder: one JSON line per request that was answered. */
export const AUDIT_LOG = 'audit.log';

export const apiServer: Part = ({ layout, ports, credentials, binaries }) => {
  const server = credentials.pair('api-server');
  const toKubelet = credentials.pair('api-server-to-kubelet');
  const frontProxy = credentials.pair('front-proxy');
  const auditPolicy = join(layout.folder, 'audit-policy.yaml');
  writeFileSync(auditPolicy, stringify(policy));
  return {
    name: 'kube-apiserver',
    binary: binaries['kube-apiserver'],
    args: [
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.api}`,
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      `--tls-cert-file=${server.certificate}`,
      `--tls-private-key-file=${server.key}`,
      `--client-ca-file=${credentials.caFile}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=false',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${credentials.serviceAccountKey}`,
      `--service-account-key-file=${credentials.serviceAccountPublicKey}`,
      `--service-cluster-ip-range=${layout.serviceNetwork}`,
      // The only address is a loopback one, which is no endpoint.
      '--endpoint-reconciler-type=none',
      `--kubelet-client-certificate=${toKubelet.certificate}`,
      `--kubelet-client-key=${toKubelet.key}`,
      `--kubelet-certificate-authority=${credentials.caFile}`,
      // Else logs and exec look the node's name up in DNS.
      '--kubelet-preferred-address-types=InternalIP',
      `--requestheader-client-ca-file=${credentials.frontProxyCaFile}`,
      '--requestheader-allowed-names=front-proxy',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--proxy-client-cert-file=${frontProxy.certificate}`,
      `--proxy-client-key-file=${frontProxy.key}`,
      `--audit-policy-file=${auditPolicy}`,
      `--audit-log-path=${join(layout.folder, AUDIT_LOG)}`,
      '--profiling=false',
    ],
  };
};

/** What service accounts of a namespace that people made ask for, which is what Slipway and its kind do; the parts of the cluster are left out. */
const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', userGroups: ['system:serviceaccounts:kube-system', 'system:masters', 'system:nodes'] },
    { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
    { level: 'None' },
  ],
};
