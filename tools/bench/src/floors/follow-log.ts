import { ClusterClient } from '../parts/cluster-client.js';
import type { ClusterAccess, Container } from '../world/cluster.js';

/** Reads the lines of a container as they come, with nothing in between: an HTTPS request that stays open. Resolves once it stands. */
export async function followLog(
  access: ClusterAccess,
  { namespace, pod, container }: Container,
  onLine: (line: string) => void,
): Promise<() => Promise<void>> {
  const client = new ClusterClient(access);
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?follow=true&timestamps=true&tailLines=0&container=${container}`;
  await client.lines(path, onLine);
  return () => client.close();
}
