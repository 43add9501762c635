// Owns the connections of whoever operates Slipway: the kubeconfig of KUBECONFIG_PATH or `npm start -- --kubeconfig`, and the
// service account of its own pod. They are trusted with files on this machine. A program (exec), an auth-provider, a proxy and
// impersonation are refused here too: nothing in Slipway starts a process to reach a cluster.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import type { CleanConnection, Refused } from '../kubeconfig/clean-connection.js';
import { isRefused } from '../kubeconfig/clean-connection.js';
import { chooseContext, rebuildContext } from '../kubeconfig/rebuild-kubeconfig.js';
import { KubeconfigError, readKubeconfig, textOf, type Fields } from '../kubeconfig/read-kubeconfig.js';

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * A connection that may reach loopback and private addresses and may read its token from a file again and again, because an
 * operator chose it. It is a class so that nothing parsed from a message can pass for one.
 */
export class OperatorConnection implements CleanConnection {
  declare readonly context: string;
  declare readonly server: string;
  declare readonly tlsServerName?: string;
  declare readonly certificateAuthority?: string;
  declare readonly skipTlsVerify?: boolean;
  declare readonly namespace?: string;
  declare readonly token?: string;
  declare readonly clientCertificate?: string;
  declare readonly clientKey?: string;

  constructor(
    connection: CleanConnection,
    /** Read when the connection is used, at most once a minute: clusters rotate such tokens. */
    readonly tokenFile?: string,
  ) {
    Object.assign(this, connection);
  }
}

/**
 * The connection of one context (default: the current one, or the only one) of an operator's kubeconfig. Certificate files and
 * a token file are read, relative ones from the folder of `kubeconfigPath` (default: the working directory). http and
 * insecure-skip-tls-verify are allowed; exec, auth-provider, proxy-url, impersonation and basic auth are refused with a reason.
 */
export function trustedConnection(
  text: string,
  contextName?: string,
  kubeconfigPath?: string,
): OperatorConnection | Refused {
  try {
    const folder = kubeconfigPath === undefined ? '.' : dirname(kubeconfigPath);
    const file = readKubeconfig(text);
    const context = chooseContext(file, contextName);
    if ('refused' in context) {
      return context;
    }
    const user = file.users.get(context.user) ?? {};
    const tokenFile = textOf(user, 'tokenFile', undefined);
    const rebuilt = rebuildContext(
      {
        ...file,
        clusters: new Map([
          [context.cluster, withFiles(file.clusters.get(context.cluster) ?? {}, ['certificate-authority'], folder)],
        ]),
        users: new Map([
          [context.user, { ...withFiles(user, ['client-certificate', 'client-key'], folder), tokenFile: undefined }],
        ]),
      },
      context,
      { allowPlainHttp: true, allowSkipTlsVerify: true },
    );
    return isRefused(rebuilt)
      ? rebuilt
      : new OperatorConnection(rebuilt, tokenFile === undefined ? undefined : resolve(folder, tokenFile));
  } catch (error) {
    if (error instanceof KubeconfigError) {
      return { refused: error.message, code: 'invalid_file' };
    }
    throw error;
  }
}

/** The service account of the pod that this process runs in. Throws what the file system throws when there is none. */
export function inClusterConnection(options: {
  /** KUBERNETES_SERVICE_HOST */
  readonly host: string;
  /** KUBERNETES_SERVICE_PORT */
  readonly port: number;
  readonly folder?: string;
}): OperatorConnection {
  const folder = options.folder ?? SERVICE_ACCOUNT_FOLDER;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return new OperatorConnection(
    {
      context: 'in-cluster',
      server: `https://${host}:${options.port}`,
      certificateAuthority: readFileSync(`${folder}/ca.crt`, 'utf8'),
      namespace: readFileSync(`${folder}/namespace`, 'utf8').trim(),
    },
    `${folder}/token`,
  );
}

function withFiles(fields: Fields, keys: readonly string[], folder: string): Fields {
  const read: Record<string, unknown> = { ...fields };
  for (const key of keys) {
    const path = textOf(fields, key, undefined);
    if (path !== undefined && textOf(fields, `${key}-data`, undefined) === undefined) {
      try {
        read[`${key}-data`] = readFileSync(resolve(folder, path)).toString('base64');
      } catch (error) {
        throw new KubeconfigError(
          undefined,
          `names a ${key} that cannot be read: ${error instanceof Error ? error.message : path}`,
        );
      }
    }
  }
  return read;
}
