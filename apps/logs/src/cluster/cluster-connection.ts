import { readFileSync } from 'node:fs';

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import {
  type Cluster,
  connectCluster,
  inClusterConnection,
  type OperatorConnection,
  trustedConnection,
} from '@slipway/cluster';

import { LogsConfig } from '../logs.config.js';

/** The one cluster that Apps run in. Connects with the first call, so that a cluster that is away keeps nothing from starting. */
@Injectable()
export class ClusterConnection implements OnApplicationShutdown {
  readonly cluster: Cluster;

  /** @throws Error of one sentence when the configuration names no usable cluster */
  constructor(config: LogsConfig) {
    this.cluster = connectCluster(connectionOf(config));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.cluster.close();
  }
}

function connectionOf(config: LogsConfig): OperatorConnection {
  const { kubeconfigPath, kubeconfigContext, kubernetesServiceHost, kubernetesServicePort } = config;
  if (kubeconfigPath) {
    const connection = trustedConnection(readKubeconfig(kubeconfigPath), kubeconfigContext, kubeconfigPath);
    if ('refused' in connection)
      throw new Error(`KUBECONFIG_PATH: ${kubeconfigPath} cannot be used: ${connection.refused}`);
    return connection;
  }
  if (kubernetesServiceHost) return inClusterConnection({ host: kubernetesServiceHost, port: kubernetesServicePort });
  throw new Error(
    'KUBECONFIG_PATH: there is no cluster to read logs from; name a kubeconfig, or run inside of a cluster.',
  );
}

function readKubeconfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(`KUBECONFIG_PATH: ${path} cannot be read: ${cause}`, { cause: error });
  }
}
