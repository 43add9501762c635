import { Agent, request } from 'undici';

import type { ClusterAccess, Container } from '../world/cluster.js';

/** Reads the lines of a container as they come, with nothing in between: an HTTPS request that stays open. Resolves once it stands. */
export async function followLog(
  access: ClusterAccess,
  { namespace, pod, container }: Container,
  onLine: (line: string) => void,
): Promise<() => Promise<void>> {
  const agent = new Agent({ connect: { ca: access.caPem } });
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?follow=true&timestamps=true&tailLines=0&container=${container}`;
  const { statusCode, body } = await request(`${access.url}${path}`, {
    dispatcher: agent,
    headers: { authorization: `Bearer ${access.token}` },
    bodyTimeout: 0,
  });
  if (statusCode !== 200) throw new Error(`the log of ${pod} cannot be followed: ${statusCode} ${await body.text()}`);
  let rest = '';
  body.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  body.on('error', () => undefined);
  return () => agent.destroy();
}
