import type { V1Ingress, V1Node } from '@slipway/cluster';
import { describe, expect, it } from 'vitest';

import { addressOfIngresses, addressOfNodes } from './node-address.js';

const ingress = (...points: object[]) => ({ status: { loadBalancer: { ingress: points } } }) as unknown as V1Ingress;
const node = (name: string, addresses: Record<string, string>, ready = true) =>
  ({
    metadata: { name },
    status: {
      addresses: Object.entries(addresses).map(([type, address]) => ({ type, address })),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }],
    },
  }) as unknown as V1Node;

describe('addressOfIngresses', () => {
  it('is the address of the first load balancer that has one', () => {
    expect(addressOfIngresses([ingress(), ingress({ ip: '198.51.100.7' }, { ip: '198.51.100.8' })])).toEqual({
      address: '198.51.100.7',
      source: 'ingress',
    });
  });

  it('is its name where it has no address', () => {
    expect(addressOfIngresses([ingress({ hostname: 'lb.example.net' })])?.address).toBe('lb.example.net');
  });

  it.each([[[]], [[{} as V1Ingress]], [[ingress()]], [[ingress({ ip: '' })]]])('is unknown with %j', (ingresses) =>
    expect(addressOfIngresses(ingresses)).toBeUndefined(),
  );
});

describe('addressOfNodes', () => {
  it('prefers an external address of any node to an internal one', () => {
    const nodes = [
      node('a', { InternalIP: '10.0.0.1' }),
      node('b', { ExternalIP: '198.51.100.9', InternalIP: '10.0.0.2' }),
    ];
    expect(addressOfNodes(nodes)).toEqual({ address: '198.51.100.9', source: 'external' });
  });

  it('is that of the first ready node by name, in whichever order they are listed', () => {
    const nodes = [
      node('a', { InternalIP: '10.0.0.1' }, false),
      node('c', { InternalIP: '10.0.0.3' }),
      node('b', { Hostname: 'b', InternalIP: '10.0.0.2' }),
    ];
    expect(addressOfNodes(nodes)).toEqual({ address: '10.0.0.2', source: 'internal' });
    expect(addressOfNodes(nodes.toReversed())).toEqual({ address: '10.0.0.2', source: 'internal' });
  });

  it('takes a node that is not ready rather than none, and knows nothing without nodes', () => {
    expect(addressOfNodes([node('a', { InternalIP: '10.0.0.1' }, false)]).address).toBe('10.0.0.1');
    expect(addressOfNodes([node('a', { Hostname: 'a' })])).toEqual({ address: null, source: null });
    expect(addressOfNodes([])).toEqual({ address: null, source: null });
  });
});
