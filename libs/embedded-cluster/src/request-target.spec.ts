import { describe, expect, it } from 'vitest';

import { parseTarget } from './request-target.js';

function parse(method: string, path: string): unknown {
  const target = parseTarget(method, new URL(path, 'https://x'));
  return target && [target.verb, target.kind.resource, target.namespace, target.name, target.subresource];
}

describe('request targets', () => {
  it.each([
    ['GET', '/api/v1/pods', ['list', 'pods', undefined, undefined, undefined]],
    ['GET', '/api/v1/namespaces', ['list', 'namespaces', undefined, undefined, undefined]],
    ['GET', '/api/v1/namespaces/shop', ['get', 'namespaces', undefined, 'shop', undefined]],
    ['PUT', '/api/v1/namespaces/shop/finalize', ['update', 'namespaces', undefined, 'shop', 'finalize']],
    ['GET', '/api/v1/namespaces/shop/pods/', ['list', 'pods', 'shop', undefined, undefined]],
    ['GET', '/api/v1/namespaces/shop/pods/web/log', ['log', 'pods', 'shop', 'web', 'log']],
    ['GET', '/api/v1/namespaces/shop/pods?watch=1', ['watch', 'pods', 'shop', undefined, undefined]],
    ['POST', '/apis/apps/v1/namespaces/shop/deployments', ['create', 'deployments', 'shop', undefined, undefined]],
    ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/web/scale', ['patch', 'deployments', 'shop', 'web', 'scale']],
    ['DELETE', '/apis/apps/v1/namespaces/shop/deployments/web', ['delete', 'deployments', 'shop', 'web', undefined]],
    ['DELETE', '/api/v1/namespaces/shop/pods', ['deletecollection', 'pods', 'shop', undefined, undefined]],
  ])('%s %s', (method, path, expected) => {
    expect(parse(method, path)).toEqual(expected);
  });

  it.each(['/api', '/api/v1', '/apis/apps/v1', '/version', '/'])('%s names no resource', (path) => {
    expect(parse('GET', path)).toBeUndefined();
  });

  it.each([
    '/api/v1/widgets',
    '/apis/apps/v2/deployments',
    '/apis/batch/v1/deployments',
    '/api/v1/pods/web',
    '/api/v1/namespaces/shop/nodes',
    '/api/v1/namespaces/shop/pods/web/scale',
    '/api/v1/namespaces/shop/pods/web/log/more',
  ])('%s is not served', (path) => {
    expect(() => parse('GET', path)).toThrow(expect.objectContaining({ code: 404 }));
  });
});
