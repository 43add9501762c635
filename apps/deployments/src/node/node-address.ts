import type { V1Ingress, V1Node } from '@slipway/cluster';
import type { NodeAddress } from '@slipway/contracts';

export const UNKNOWN_ADDRESS: NodeAddress = { address: null, source: null };

/** What an ingress controller has told of its load balancer, which may have a name and no address. */
export function addressOfIngresses(ingresses: readonly V1Ingress[]): NodeAddress | undefined {
  const points = ingresses.flatMap(({ status }) => status?.loadBalancer?.ingress ?? []);
  const address = points.map(({ ip, hostname }) => ip || hostname).find(Boolean);
  return address ? { address, source: 'ingress' } : undefined;
}

/** One of the nodes' addresses: always the same one while the nodes are the same, and of a node that is ready where one is. */
export function addressOfNodes(nodes: readonly V1Node[]): NodeAddress {
  const ordered = nodes.toSorted(
    (one, other) => Number(isReady(other)) - Number(isReady(one)) || (one.metadata.name < other.metadata.name ? -1 : 1),
  );
  const found = (type: string): string | undefined =>
    ordered.flatMap(({ status }) => status?.addresses ?? []).find((one) => one.type === type)?.address;
  const external = found('ExternalIP');
  if (external) return { address: external, source: 'external' };
  const internal = found('InternalIP');
  return internal ? { address: internal, source: 'internal' } : UNKNOWN_ADDRESS;
}

function isReady({ status }: V1Node): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');
}
