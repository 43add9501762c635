import { request } from 'node:https';

import { deleteApp, getNodeAddress } from '@slipway/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Fixture, lee, problemOf, startFixture } from '../fixture/deployments.js';

describe('getNodeAddress', () => {
  let fixture: Fixture;
  beforeAll(async () => (fixture = await startFixture()));
  afterAll(() => fixture.close());
  afterEach(() => fixture.embedded.faults.clear());

  const address = (id: string) => fixture.query(getNodeAddress, { app: { id } });
  const nodesAreAway = () => fixture.embedded.faults.add({ verb: 'list', resource: 'nodes', drop: true, times: 100 });

  it('is unknown while the cluster does not tell, and is not kept so', async () => {
    const { id } = await fixture.create();
    nodesAreAway();
    expect(await address(id)).toEqual({ address: null, source: null });
    fixture.embedded.faults.clear();
    expect(await address(id)).toEqual({ address: '10.244.0.1', source: 'internal' });
  });

  it('asks for the nodes once for many questions', async () => {
    const { id } = await fixture.create();
    await address(id);
    nodesAreAway();
    expect(await address(id)).toEqual({ address: '10.244.0.1', source: 'internal' });
  });

  it("is that of the load balancer of the App's Ingress, once it has one", async () => {
    const [{ id, environment }, other] = [await fixture.create(), await fixture.create()];
    await fixture.until(id, 'running');
    const [ingress] = await fixture.cluster.list('Ingress', { namespace: environment.namespace });
    expect(ingress).toBeDefined();
    await setLoadBalancer(environment.namespace, ingress?.metadata.name ?? '', '198.51.100.7');
    expect(await address(id)).toEqual({ address: '198.51.100.7', source: 'ingress' });
    expect((await address(other.id)).source).toBe('internal');
  });

  it('is INGRESS_ADDRESS where it is set, also while the cluster is away', async () => {
    const configured = await startFixture({ INGRESS_ADDRESS: '203.0.113.10' });
    try {
      const { id } = await configured.create();
      await configured.stopCluster();
      expect(await configured.query(getNodeAddress, { app: { id } })).toEqual({
        address: '203.0.113.10',
        source: 'configuration',
      });
      await configured.startCluster();
    } finally {
      await configured.close();
    }
  });

  it('S7 answers a stranger as it answers for an App that is going', async () => {
    const { id } = await fixture.create();
    const foreign = await problemOf(fixture.query(getNodeAddress, { app: { id } }, lee));
    await fixture.execute(deleteApp, { app: { id } });
    expect(foreign).toMatchObject({ kind: 'not_found', noun: 'app' });
    expect(await problemOf(address(id))).toEqual(foreign);
  });

  async function setLoadBalancer(namespace: string, name: string, ip: string): Promise<void> {
    const { url, token, caPem } = fixture.embedded;
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses/${name}/status`;
    const body = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip }] } } });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' };
      request(`${url}${path}`, { method: 'PATCH', ca: caPem, headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end(body);
    });
    expect(status).toBe(200);
  }
});
