// Follows, past the links, which image each Deployment is given: what was written in which order the cluster's end does not show.
import { type Cluster, connectCluster, isRefused, trustedConnection, type Watcher } from '@slipway/cluster';

export class Images {
  readonly seen: Record<string, string[]> = {};
  private readonly cluster: Cluster;
  private readonly watcher: Watcher<unknown>;

  constructor(kubeconfig: string) {
    const connection = trustedConnection(kubeconfig, undefined, 'embedded');
    if (isRefused(connection)) throw new Error(connection.refused);
    this.cluster = connectCluster(connection);
    this.watcher = this.cluster.watch('Deployment', {}, ({ type, object }) => {
      const image = object.spec?.template.spec?.containers[0]?.image ?? '';
      const images = (this.seen[object.metadata.name ?? ''] ??= []);
      if (type !== 'removed' && images.at(-1) !== image) images.push(image);
    });
  }

  async stop(): Promise<Record<string, string[]>> {
    await this.watcher.close();
    await this.cluster.close();
    return this.seen;
  }
}
