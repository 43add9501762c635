import { afterEach, describe, expect, it } from 'vitest';

import { eventually, type Fixture, startFixture } from '../fixture/deployments.js';

describe('what configuration says of the objects in the cluster', () => {
  let fixture: Fixture;
  afterEach(() => fixture.close());

  const objects = async (namespace: string) => {
    const [[ingress], [policy], [quota], made] = await Promise.all([
      fixture.cluster.list('Ingress', { namespace }),
      fixture.cluster.list('NetworkPolicy', { namespace }),
      fixture.cluster.list('ResourceQuota', { namespace }),
      fixture.cluster.get({ kind: 'Namespace', name: namespace }),
    ]);
    return {
      ingressClass: ingress?.spec?.ingressClassName,
      outside: policy?.spec?.ingress?.[0],
      pods: quota?.spec?.hard?.pods,
      security: made?.metadata.labels?.['pod-security.kubernetes.io/enforce'],
    };
  };
  const leaseIn = (namespace: string) => fixture.cluster.get({ kind: 'Lease', namespace, name: 'slipway-deployments' });

  it('is what its variables say, and the lease is in KUBERNETES_NAMESPACE', async () => {
    fixture = await startFixture({
      POD_SECURITY: 'restricted',
      INGRESS_CLASS: 'internal',
      INGRESS_NAMESPACE: 'ingress-nginx',
      MAX_REPLICAS: '7',
      KUBERNETES_NAMESPACE: 'slipway-two',
    });
    const app = await fixture.create();
    await fixture.until(app.id, 'running');
    const seen = await objects(app.environment.namespace);
    expect(seen).toMatchObject({ ingressClass: 'internal', pods: '14', security: 'restricted' });
    expect(JSON.stringify(seen.outside)).toContain('{"matchLabels":{"kubernetes.io/metadata.name":"ingress-nginx"}}');
    expect(await leaseIn('slipway-two')).toBeDefined();
    expect(await fixture.cluster.get({ kind: 'Namespace', name: 'slipway-system' })).toBeUndefined();
  });

  it('is by default the class that the cluster has, every namespace that is not managed, and baseline', async () => {
    fixture = await startFixture();
    const spec = { controller: 'example.org/ingress' };
    await fixture.cluster.apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'edge' },
      spec,
    });
    const app = await fixture.create();
    await fixture.until(app.id, 'running');
    const seen = await objects(app.environment.namespace);
    expect(seen).toMatchObject({ ingressClass: 'edge', pods: '200', security: 'baseline' });
    expect(JSON.stringify(seen.outside)).toContain('"operator":"NotIn","values":["slipway"]');
    await eventually(async () => expect(await leaseIn('slipway-system')).toBeDefined());
  });
});
