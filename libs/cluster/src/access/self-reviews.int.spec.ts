import { startEmbeddedCluster } from '@slipway/embedded-cluster';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { connectCluster, type Cluster } from '../cluster.js';
import { trustedConnection } from '../connection/operator-connection.js';
import { json, ScriptedCluster } from '../fixture/scripted-cluster.js';
import { isRefused } from '../kubeconfig/clean-connection.js';

describe('currentUser and mayI', () => {
  let scripted: ScriptedCluster;
  let cluster: Cluster;
  beforeEach(async () => {
    scripted = await new ScriptedCluster().start();
    cluster = connectCluster(scripted.connection());
  });
  afterEach(async () => {
    await cluster.close();
    await scripted.stop();
  });

  it.each([
    [
      'system:serviceaccount:slipway-system:slipway',
      { kind: 'ServiceAccount', namespace: 'slipway-system', name: 'slipway' },
    ],
    ['kim@example.org', { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kim@example.org' }],
    [
      'system:serviceaccount:odd',
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:serviceaccount:odd' },
    ],
  ])('names %s as a RoleBinding does', async (username, subject) => {
    scripted.reply = (response, { url }) =>
      json(response, url === '/apis/authentication.k8s.io/v1/selfsubjectreviews' ? 201 : 404, {
        status: { userInfo: { username } },
      });
    expect(await cluster.currentUser()).toEqual(subject);
  });

  it.each([true, false])('asks about a kind as rules name it, and answers %s', async (allowed) => {
    let asked: unknown;
    scripted.reply = (response, _request, body) => {
      asked = JSON.parse(body);
      json(response, 201, { status: { allowed } });
    };
    expect(await cluster.mayI({ verb: 'list', kind: 'Deployment', namespace: 'docks' })).toBe(allowed);
    expect(scripted.requests[0]).toMatchObject({
      method: 'POST',
      url: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    });
    expect(asked).toMatchObject({
      spec: { resourceAttributes: { verb: 'list', group: 'apps', resource: 'deployments', namespace: 'docks' } },
    });
  });

  it('are answered by an embedded cluster, whose one user may do everything', async () => {
    const embedded = await startEmbeddedCluster();
    const connection = trustedConnection(embedded.kubeconfig);
    if (isRefused(connection)) throw new Error(connection.refused);
    const real = connectCluster(connection);
    try {
      expect(await real.currentUser()).toMatchObject({ kind: 'User', name: 'embedded' });
      expect(await real.mayI({ verb: 'list', kind: 'Secret', namespace: 'docks' })).toBe(true);
    } finally {
      await real.close();
      await embedded.close();
    }
  });
});
