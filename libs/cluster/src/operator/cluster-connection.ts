import { readFileSync } from 'node:fs';

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

import { connectCluster, type Cluster } from '../cluster.js';
import { inClusterConnection, trustedConnection, type OperatorConnection } from '../connection/operator-connection.js';

/** Which cluster Apps run in: a kubeconfig, else that of the pod which this process runs in. */
export interface ClusterSource {
  readonly kubeconfigPath?: string;
  /** Default: the file's current one. */
  readonly kubeconfigContext?: string;
  readonly kubernetesServiceHost?: string;
  readonly kubernetesServicePort: number;
}

/** The one cluster that Apps run in. Connects with the first call, so that a cluster that is away keeps nothing from starting. */
@Injectable()
export class ClusterConnection implements OnApplicationShutdown {
  readonly cluster: Cluster;

  /** @throws Error of one sentence when the source names no usable cluster */
  constructor(source: ClusterSource) {
    this.cluster = connectCluster(connectionOf(source));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.cluster.close();
  }
}

/** @throws Error of one sentence when the source names no usable cluster */
export function connectionOf(source: ClusterSource): OperatorConnection {
  const { kubeconfigPath, kubeconfigContext, kubernetesServiceHost, kubernetesServicePort } = source;
  if (kubeconfigPath) {
    const connection = trustedConnection(readKubeconfig(kubeconfigPath), kubeconfigContext, kubeconfigPath);
    if ('refused' in connection) throw unusable(connection.refused);
    return connection;
  }
  if (kubernetesServiceHost) return inClusterConnection({ host: kubernetesServiceHost, port: kubernetesServicePort });
  throw new Error('KUBECONFIG_PATH: there is no cluster; name a kubeconfig, or run inside of a cluster.');
}

function readKubeconfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unusable(error instanceof Error ? error.message : String(error), error);
  }
}

function unusable(reason: string, cause?: unknown): Error {
  return new Error(`KUBECONFIG_PATH has to name a kubeconfig that can be used (${reason})`, { cause });
}
