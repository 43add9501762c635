// Owns that Slipway has a user of its own in the cluster, with the rights of deploy/access.yaml.
import { readFileSync, writeFileSync } from 'node:fs';

import { parseAllDocuments } from 'yaml';

import { kubeconfigOf } from '../credentials.js';
import { type Kubectl, list } from '../kubectl.js';
import { ACCESS_FILE, SERVICE_ACCOUNT, SYSTEM_NAMESPACE, SYSTEM_NAMESPACES } from './access-file.js';

const TOKEN_LIFE = '8760h';

const EVERYTHING = 'slipway-everything';

/** Applies deploy/access.yaml as it is now. `everything`: and lets Slipway do whatever it likes, to see what that is. */
export async function grantAccess(kubectl: Kubectl, { everything = false } = {}): Promise<void> {
  const file = readFileSync(ACCESS_FILE, 'utf8');
  await kubectl(['apply', '-f', '-'], file);
  await kubectl(['apply', '-f', '-'], list(SYSTEM_NAMESPACES.slice(1).flatMap((name) => ownObjects(file, name))));
  await kubectl(['delete', 'clusterrolebinding', EVERYTHING, '--ignore-not-found']);
  if (!everything) return;
  const account = `--serviceaccount=${SYSTEM_NAMESPACE}:${SERVICE_ACCOUNT}`;
  await kubectl(['create', 'clusterrolebinding', EVERYTHING, '--clusterrole=cluster-admin', account]);
}

/** A namespace in which Slipway has the rights that the file gives it in its own. */
function ownObjects(file: string, name: string): object[] {
  const objects = parseAllDocuments(file).map((document) => document.toJS() as { kind: string; metadata: object });
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    ...objects
      .filter(({ kind }) => kind === 'Role' || kind === 'RoleBinding')
      .map((object) => ({ ...object, metadata: { ...object.metadata, namespace: name } })),
  ];
}

/** Writes a kubeconfig of Slipway's service account. @param server the URL of the API server @param caFile of its authority */
export async function writeSlipwayKubeconfig(
  kubectl: Kubectl,
  file: string,
  server: string,
  caFile: string,
): Promise<void> {
  const token = await kubectl(['create', 'token', SERVICE_ACCOUNT, '-n', SYSTEM_NAMESPACE, '--duration', TOKEN_LIFE]);
  writeFileSync(file, kubeconfigOf(server, readFileSync(caFile, 'utf8'), { token: token.trim() }), { mode: 0o600 });
}
