import { describe, expect, it } from 'vitest';

import { operationIdOf, requestHashOf, type KeyedRequest } from './idempotency.js';

const request: KeyedRequest = {
  userId: '0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b',
  method: 'POST',
  path: '/v1/deployments',
  query: '',
  body: Buffer.from('{"app_name":"once"}'),
  key: 'a1',
};
const secret = 'a secret of the gateway';

describe('operationIdOf', () => {
  it('is the same whatever is sent under the key', () => {
    expect(operationIdOf({ ...request, body: Buffer.from('{}'), query: 'a=1' })).toBe(operationIdOf(request));
  });

  it.each([{ userId: 'other' }, { method: 'PUT' }, { path: '/v1/webhooks' }, { key: 'a2' }])(
    'differs by %o',
    (change) => expect(operationIdOf({ ...request, ...change })).not.toBe(operationIdOf(request)),
  );
});

describe('requestHashOf', () => {
  it.each([
    { method: 'PUT' },
    { path: '/v1/webhooks' },
    { query: 'a=1' },
    { body: Buffer.from('{"app_name":"twice"}') },
  ])('differs by %o', (change) => {
    expect(requestHashOf({ ...request, ...change }, secret)).not.toBe(requestHashOf(request, secret));
  });

  it('tells where one field ends and the next begins', () => {
    const one = { ...request, path: '/v1/deployments', query: 'a=1' };
    const other = { ...request, path: '/v1/deploymentsa=1', query: '' };
    expect(requestHashOf(one, secret)).not.toBe(requestHashOf(other, secret));
  });

  it('tells nothing without the secret', () => {
    expect(requestHashOf(request, 'another secret')).not.toBe(requestHashOf(request, secret));
    expect(requestHashOf({ ...request }, secret)).toBe(requestHashOf(request, secret));
  });

  it('does not depend on the key or the caller, which the operation id holds', () => {
    expect(requestHashOf({ ...request, key: 'b', userId: 'x' }, secret)).toBe(requestHashOf(request, secret));
  });
});
