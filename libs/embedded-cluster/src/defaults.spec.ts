import { describe, expect, it } from 'vitest';

import { withDefaults } from './defaults.js';
import { kinds } from './kinds.js';
import type { JsonObject } from './objects.js';

const containers = (spec: JsonObject): JsonObject[] => spec.containers as JsonObject[];

describe('defaults', () => {
  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['registry:5000/nginx', 'Always'],
    ['nginx:1.25', 'IfNotPresent'],
    ['registry:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('pull %s %s', (image, policy) => {
    const pod = withDefaults('pods', { spec: { containers: [{ name: 'web', image }] } });
    expect(containers(pod.spec as JsonObject)[0]?.imagePullPolicy).toBe(policy);
  });

  it('take what is requested from the limits', () => {
    const resources = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } };
    const pod = withDefaults('pods', { spec: { containers: [{ name: 'web', image: 'x', resources }] } });
    expect(containers(pod.spec as JsonObject)[0]?.resources).toEqual({
      limits: resources.limits,
      requests: { cpu: '100m', memory: '1Gi' },
    });
  });

  it('give a recreated Deployment no rolling update', () => {
    const deployment = withDefaults('deployments', { spec: { strategy: { type: 'Recreate' } } });
    expect((deployment.spec as JsonObject).strategy).toEqual({ type: 'Recreate' });
  });

  it.each(kinds.map(({ resource }) => resource))('change nothing the second time, for %s', (resource) => {
    const container = {
      name: 'web',
      image: 'x',
      ports: [{ containerPort: 80 }],
      readinessProbe: { httpGet: { port: 80 } },
    };
    const podSpec = { containers: [container], initContainers: [container] };
    const first = withDefaults(resource, {
      metadata: { name: 'x' },
      stringData: { a: 'b' },
      spec: { ...podSpec, ports: [{ port: 80 }], template: { spec: podSpec } },
    });
    expect(withDefaults(resource, first)).toEqual(first);
  });
});
