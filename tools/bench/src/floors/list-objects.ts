// The floor of a look at all Apps: one LIST of everything that Slipway made, in pages as it reads them, and nothing done with it.
import { Agent, request } from 'undici';

import { now } from '../measure/clock.js';
import { answerDriver } from '../parts/child.js';
import type { ClusterAccess } from '../world/cluster.js';

const PAGE = 500;
const COLLECTIONS = [
  '/api/v1/namespaces',
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/replicasets',
  '/api/v1/pods',
  '/api/v1/services',
  '/apis/networking.k8s.io/v1/ingresses',
  '/apis/networking.k8s.io/v1/networkpolicies',
  '/api/v1/resourcequotas',
];

interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly object[];
}

answerDriver({
  list: async ({ url, caPem, token }: ClusterAccess): Promise<{ seconds: number; objects: number }> => {
    const agent = new Agent({ connect: { ca: caPem } });
    const began = now();
    const counts = await Promise.all(COLLECTIONS.map((path) => listed(`${url}${path}`, agent, token)));
    await agent.close();
    return { seconds: (now() - began) / 1000, objects: counts.reduce((sum, count) => sum + count, 0) };
  },
});

async function listed(collection: string, dispatcher: Agent, token: string): Promise<number> {
  let count = 0;
  const query = new URLSearchParams({ labelSelector: 'app.kubernetes.io/managed-by=slipway', limit: String(PAGE) });
  for (;;) {
    const { body } = await request(`${collection}?${query.toString()}`, {
      dispatcher,
      headers: { authorization: `Bearer ${token}` },
    });
    const page = (await body.json()) as Page;
    count += page.items.length;
    if (!page.metadata.continue) return count;
    query.set('continue', page.metadata.continue);
  }
}
