import { describe, expect, it } from 'vitest';

import { ownerOfPath } from './path-owners.js';

describe('ownerOfPath', () => {
  it.each([
    ['/v1/deployments', 'container-engine'],
    ['/%761/deployments', 'container-engine'],
    ['/health', 'container-engine'],
    ['/', 'container-engine'],
    ['', 'container-engine'],
    ['/nothing/of/ours', 'container-engine'],
    ['/V1/deployments', 'container-engine'],
    ['/api/users/login', 'porter'],
    ['/api/k8s', 'porter'],
    ['/api/v1/applications', 'kubevela'],
    ['/api', 'kubevela'],
    ['/apps/shop', 'tsuru'],
    ['/healthcheck', 'tsuru'],
    ['/namespace/demo/service', 'last-backend'],
    ['/docs/openapi.json', 'gateway'],
    ['/apps/%zz', 'tsuru'],
    ['/%zz', 'container-engine'],
  ])('gives %s to %s', (path, owner) => expect(ownerOfPath(path)).toBe(owner));
});
