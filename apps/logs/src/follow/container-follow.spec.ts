import { ClusterError } from '@slipway/cluster';
import type { LiveLine } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import { ContainerFollow, type FollowPorts } from './container-follow.js';

/** A kubelet that keeps no dead container: of a run that has ended and been restarted nothing can be read. */
function follow(connections: string[][]) {
  const published: string[] = [];
  const ports: FollowPorts = {
    cluster: {
      readLog: () =>
        Promise.reject(
          new ClusterError('unable to retrieve container logs for containerd://1', {
            kind: 'not_found',
            status: 200,
            reason: 'LogRemoved',
            retriable: false,
          }),
        ),
      followLog: async ({ signal }, onLine) => {
        const lines = connections.shift();
        for (const line of lines ?? []) await onLine({ time: `2026-03-01T10:00:${line}Z`, text: line });
        if (!lines) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    },
    logger: { debug: () => undefined, error: () => undefined } as unknown as FollowPorts['logger'],
    publish: async ({ kind, message }: LiveLine) => void published.push(kind === 'gap' ? 'gap' : (message ?? '')),
  };
  const source = { namespace: 'ce-shop', pod: 'shop-1', container: 'app' };
  return { published, container: new ContainerFollow(source, 'start', { number: 0, ended: true }, ports) };
}

describe('ContainerFollow', () => {
  it('finds no gap between a run that was read to its end and the next one', async () => {
    const { published, container } = follow([['01', '02'], ['03']]);
    await waitFor(() => published.length === 2);
    container.update({ number: 1, ended: true });
    await waitFor(() => published.length === 3);
    await container.stop();
    expect(published).toEqual(['01', '02', '03']);
  });

  it('tells of a gap where a run between two was never read', async () => {
    const { published, container } = follow([['01', '02'], ['05']]);
    await waitFor(() => published.length === 2);
    container.update({ number: 2, ended: true });
    await waitFor(() => published.length === 4);
    await container.stop();
    expect(published).toEqual(['01', '02', 'gap', '05']);
  });

  it('tells of a gap where the log was rotated', async () => {
    const { published, container } = follow([['01'], ['02'], ['04']]);
    await waitFor(() => published.length === 1);
    container.update({ number: 1, ended: false });
    await waitFor(() => published.length === 4);
    await container.stop();
    expect(published).toEqual(['01', '02', 'gap', '04']);
  });
});
