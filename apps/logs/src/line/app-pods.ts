import type { Cluster, V1Pod } from '@slipway/cluster';
import type { AppId } from '@slipway/contracts';

/** Every pod of an App carries it, whichever Revision it is of. */
export const podsOf = (app: { appId: AppId; namespace: string }) => ({
  namespace: app.namespace,
  labelSelector: `app.kubernetes.io/instance=${app.appId}`,
});

export function listPods(cluster: Cluster, app: { appId: AppId; namespace: string }): Promise<V1Pod[]> {
  return cluster.list('Pod', podsOf(app));
}

/** Init containers first, as they run. */
export function containersOf(pod: V1Pod): string[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name }) => name);
}
