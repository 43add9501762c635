import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Layout } from './layout.js';
import type { Login } from './parts/registry.js';
import { Processes } from './processes.js';

/** What users and tests of a running cluster need to know. */
export interface ClusterFacts {
  readonly name: string;
  /** Path of a kubeconfig that may do everything. */
  readonly kubeconfig: string;
  /** Path of a kubeconfig of the service account that has the rights of deploy/access.yaml. */
  readonly slipwayKubeconfig: string;
  /** Path of the kubectl of this cluster's version. */
  readonly kubectl: string;
  /** `host:port` of the registry that answers everybody. */
  readonly registry: string;
  readonly protectedRegistry: Login & { readonly address: string };
  /** URL of etcd's HTTP API, which asks for no credential. */
  readonly etcd: string;
  /** Path; one JSON line per request of a service account outside kube-system. */
  readonly auditLog: string;
  readonly nodes: number;
}

export function factsFile({ folder }: Layout): string {
  return join(folder, 'cluster.json');
}

/** The facts of a cluster all of whose programs run, or undefined. */
export function runningCluster(layout: Layout): ClusterFacts | undefined {
  const programs = new Processes(layout.folder).list();
  if (programs.length === 0 || programs.some(({ running }) => !running) || !existsSync(factsFile(layout)))
    return undefined;
  return JSON.parse(readFileSync(factsFile(layout), 'utf8')) as ClusterFacts;
}
