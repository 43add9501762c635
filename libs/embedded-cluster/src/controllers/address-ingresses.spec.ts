import { describe, expect, it } from 'vitest';

import type { Ingress } from '../objects.js';
import { startSimulation } from '../spec-support/simulation.js';

async function statusOfIngress(options: { ingressAddress?: string }): Promise<Ingress['status']> {
  const cluster = startSimulation(options);
  try {
    const backend = { service: { name: 'web', port: { number: 80 } } };
    cluster.create('ingresses', { metadata: { name: 'web' }, spec: { defaultBackend: backend } });
    await cluster.pass(100);
    return cluster.get('ingresses', 'web').status;
  } finally {
    cluster.stop();
  }
}

describe('ingresses', () => {
  it('get an address when the cluster is told one', async () => {
    expect(await statusOfIngress({ ingressAddress: '127.0.0.1' })).toEqual({
      loadBalancer: { ingress: [{ ip: '127.0.0.1' }] },
    });
  });

  it('get none by default', async () => {
    expect(await statusOfIngress({})).toEqual({ loadBalancer: {} });
  });
});
