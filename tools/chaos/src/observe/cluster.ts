// What the cluster holds in the end, asked past the links.
import { type Cluster, connectCluster, isRefused, trustedConnection } from '@slipway/cluster';

import type { World } from './world.js';

const INSTANCE = 'app.kubernetes.io/instance';
const MANAGED = 'app.kubernetes.io/managed-by=slipway';

/** Asks the cluster of a kubeconfig over connections of its own. */
export async function askCluster<T>(kubeconfig: string, ask: (cluster: Cluster) => Promise<T>): Promise<T> {
  const connection = trustedConnection(kubeconfig, undefined, 'embedded');
  if (isRefused(connection)) throw new Error(connection.refused);
  const cluster = connectCluster(connection);
  try {
    return await ask(cluster);
  } finally {
    await cluster.close();
  }
}

export function observeCluster(kubeconfig: string): Promise<Pick<World, 'workloads' | 'namespaces'>> {
  return askCluster(kubeconfig, async (cluster) => {
    const [deployments, namespaces, secrets] = await Promise.all([
      cluster.list('Deployment', { labelSelector: MANAGED }),
      cluster.list('Namespace', { labelSelector: MANAGED }),
      cluster.list('Secret', { labelSelector: MANAGED }),
    ]);
    const variables = variablesOf(secrets);
    return {
      namespaces: namespaces.map(({ metadata }) => ({
        name: metadata.name ?? '',
        appId: metadata.labels?.[INSTANCE] ?? '',
      })),
      workloads: deployments.map(({ metadata, spec, status }) => {
        const container = spec?.template.spec?.containers[0];
        const secret = container?.envFrom?.[0]?.secretRef?.name ?? '';
        return {
          namespace: metadata.namespace ?? '',
          name: metadata.name ?? '',
          appId: metadata.labels?.[INSTANCE] ?? '',
          image: container?.image ?? '',
          variables: variables.get(`${metadata.namespace}/${secret}`) ?? {},
          replicas: spec?.replicas ?? 1,
          readyReplicas: status?.readyReplicas ?? 0,
          updatedReplicas: status?.updatedReplicas ?? 0,
          totalReplicas: status?.replicas ?? 0,
          generation: metadata.generation ?? 0,
          observedGeneration: status?.observedGeneration ?? 0,
        };
      }),
    };
  });
}

function variablesOf(secrets: Awaited<ReturnType<Cluster['list']>>): Map<string, Record<string, string>> {
  return new Map(
    secrets.map((secret) => {
      const { metadata, data = {} } = secret as {
        metadata: { namespace?: string; name?: string };
        data?: Record<string, string>;
      };
      const decoded = Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]);
      return [`${metadata.namespace}/${metadata.name}`, Object.fromEntries(decoded) as Record<string, string>];
    }),
  );
}
