import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { connectCluster, isRefused, trustedConnection } from '@slipway/cluster';

import { UserError } from '../user-error.js';
import { type Part, reasonOf } from './database.js';

export interface ClusterPart extends Part {
  /** Of the file that the services read. */
  readonly kubeconfig: string;
  readonly context?: string;
  readonly simulated: boolean;
}

export interface ClusterOptions {
  dataDir: string;
  kubeconfig?: string;
  context?: string;
  /** NODE_ENV is `production`. */
  production: boolean;
  log: (line: string) => void;
}

const INGRESS_TIMEOUT_MS = 500;

/** The cluster of --kubeconfig, or outside of production the embedded one, whose kubeconfig.yaml it writes into the data folder. */
export async function startCluster(options: ClusterOptions): Promise<ClusterPart> {
  const { dataDir, kubeconfig, context, production, log } = options;
  if (kubeconfig) {
    const where = await checkCluster(kubeconfig, context);
    return {
      kubeconfig,
      context,
      simulated: false,
      description: `Kubernetes of ${kubeconfig}, ${where}`,
      stop: async () => {},
    };
  }
  if (production) {
    throw new UserError(
      'NODE_ENV is production, and the embedded cluster only simulates containers: name a cluster with --kubeconfig or KUBECONFIG_PATH, or start without NODE_ENV=production.',
    );
  }
  // Only here: it costs memory and time, and an instance with a cluster of its own needs none of it.
  const { startEmbeddedCluster } = await import('@slipway/embedded-cluster');
  const folder = join(dataDir, 'cluster');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cluster = await startEmbeddedCluster({ dataDir: folder, log });
  const file = join(dataDir, 'kubeconfig.yaml');
  writeFileSync(file, cluster.kubeconfig, { mode: 0o600 });
  return {
    kubeconfig: file,
    simulated: true,
    description: `embedded cluster on 127.0.0.1:${cluster.port}`,
    stop: () => cluster.close(),
  };
}

async function checkCluster(kubeconfig: string, context: string | undefined): Promise<string> {
  const named = `--kubeconfig ${kubeconfig}${context ? ` --context ${context}` : ''}`;
  try {
    const connection = trustedConnection(readFileSync(kubeconfig, 'utf8'), context, kubeconfig);
    if (isRefused(connection)) throw new Error(connection.refused);
    const cluster = connectCluster(connection);
    try {
      const { gitVersion } = await cluster.version();
      return `${gitVersion} at ${connection.server}`;
    } finally {
      await cluster.close();
    }
  } catch (error) {
    throw new UserError(`${named} cannot be used: ${reasonOf(error)}`);
  }
}

/** Whether something answers where the host names of `apps.localhost` lead. */
export function ingressAnswers(port = 80): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: INGRESS_TIMEOUT_MS });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(true));
    socket.once('error', end(false));
    socket.once('timeout', end(false));
  });
}
