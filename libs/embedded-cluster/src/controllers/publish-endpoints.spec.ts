import { describe, expect, it } from 'vitest';

import { podBody, type Simulation, useSimulation } from '../spec-support/simulation.js';

describe('endpoints', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));

  const service = (spec: object = {}): void => {
    cluster.create('services', {
      metadata: { name: 'web', labels: { team: 'a' } },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
    });
  };
  const ports = [{ name: 'http', containerPort: 8080 }];

  it('lists the ready pods of a service with the port that they name, in Endpoints and in an EndpointSlice', async () => {
    service();
    cluster.create('pods', podBody('web', 'nginx', { ports }));
    cluster.create('pods', { ...podBody('other', 'nginx'), metadata: { name: 'other', labels: { app: 'other' } } });
    await cluster.pass(1000);
    const ip = cluster.get('pods', 'web').status?.podIP;
    expect(cluster.get('endpoints', 'web')).toMatchObject({
      subsets: [
        { addresses: [{ ip, targetRef: { kind: 'Pod', name: 'web' } }], ports: [{ port: 8080, protocol: 'TCP' }] },
      ],
    });
    const [slice] = cluster.list('endpointslices');
    expect(slice).toMatchObject({
      metadata: { labels: { 'kubernetes.io/service-name': 'web', team: 'a' } },
      endpoints: [{ addresses: [ip], conditions: { ready: true, serving: true, terminating: false } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
  });

  it('keeps pods that are not ready apart, unless the service wants them', async () => {
    service();
    cluster.create('pods', podBody('web', 'unready', { ports }));
    await cluster.pass(1000);
    const [subset] = (cluster.get('endpoints', 'web') as unknown as { subsets: Record<string, unknown[]>[] }).subsets;
    expect([subset?.addresses, subset?.notReadyAddresses?.length]).toEqual([undefined, 1]);
    const live = cluster.get('services', 'web');
    cluster.registry.change('services', live, (current) => ({
      ...current,
      spec: { ...current.spec, publishNotReadyAddresses: true },
    }));
    await cluster.pass(10);
    expect(cluster.get('endpoints', 'web')).toMatchObject({ subsets: [{ addresses: [{}] }] });
  });

  it('drops a pod as soon as it is being deleted, and everything with the service', async () => {
    service();
    cluster.create('pods', podBody('web', 'nginx', { ports }));
    await cluster.pass(1000);
    cluster.registry.delete('pods', 'default', 'web');
    await cluster.pass(10);
    expect(cluster.get('endpoints', 'web')).not.toHaveProperty('subsets');
    const [slice] = cluster.list('endpointslices') as unknown as [{ endpoints: { conditions: object }[] }];
    expect(slice.endpoints[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    cluster.registry.delete('services', 'default', 'web');
    await cluster.pass(10);
    expect([cluster.list('endpoints'), cluster.list('endpointslices')]).toEqual([[], []]);
  });

  it('makes none for a service without a selector', async () => {
    service({ selector: undefined });
    await cluster.pass(100);
    expect(cluster.list('endpoints')).toEqual([]);
  });
});
