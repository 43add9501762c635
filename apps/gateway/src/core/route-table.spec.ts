import { describe, expect, it } from 'vitest';

import { RouteTable } from './route-table.js';

const table = new RouteTable();
table.add(['GET', 'HEAD'], '/v1/deployments');
table.add('POST', '/v1/deployments');
table.add('DELETE', '/v1/deployments/:deploymentId');
table.add('GET', '/docs/*');

describe('RouteTable', () => {
  it.each([
    ['/v1/deployments', ['GET', 'HEAD', 'POST']],
    ['/v1/%64eployments', ['GET', 'HEAD', 'POST']],
    ['/v1/deployments/', []],
    ['/v1/deployments/x', ['DELETE']],
    ['/v1/deployments/x%2Fy', ['DELETE']],
    ['/v1/deployments/x/y', []],
    ['/V1/deployments', []],
    ['/v1/%zz', []],
    ['/docs/a/b', ['GET']],
    ['/docs', []],
  ])('knows the methods of %s', (path, methods) => expect(table.methodsOf(path)).toEqual(methods));
});
