import { AddressRefusedError } from '@slipway/outbound';
import { describe, expect, it } from 'vitest';

import { errorFromAnswer, errorFromFailure } from './cluster-error.js';

/** Bodies as kube-apiserver 1.36 writes them, shortened. */
const status = (code: number, reason: string, message: string, more: object = {}): [number, string] => [
  code,
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code, ...more }),
];

describe('errorFromAnswer', () => {
  it.each([
    ['forbidden', false, status(401, 'Unauthorized', 'Unauthorized')],
    ['forbidden', false, status(403, 'Forbidden', 'pods is forbidden: User "x" cannot list resource "pods"')],
    [
      'exceeded_quota',
      false,
      status(403, 'Forbidden', 'pods "a" is forbidden: exceeded quota: env, requested: pods=1'),
    ],
    [
      'terminating',
      true,
      status(
        403,
        'Forbidden',
        'configmaps "a" is forbidden: unable to create new content in namespace x because it is being terminated',
        {
          details: { causes: [{ reason: 'NamespaceTerminating', message: 'namespace x is being terminated' }] },
        },
      ),
    ],
    ['not_found', false, status(404, 'NotFound', 'deployments.apps "a" not found')],
    ['conflict', true, status(409, 'Conflict', 'Operation cannot be fulfilled: the object has been modified')],
    ['conflict', false, status(409, 'AlreadyExists', 'leases "a" already exists')],
    ['terminating', true, status(409, 'AlreadyExists', 'object is being deleted: namespaces "a" already exists')],
    ['gone', true, status(410, 'Expired', 'too old resource version: 1 (2)')],
    ['invalid', false, status(422, 'Invalid', 'Deployment.apps "a" is invalid: spec.replicas: Invalid value: -1')],
    ['invalid', false, status(400, 'BadRequest', 'the body is not valid')],
    ['unavailable', true, status(500, 'InternalError', 'etcdserver: request timed out')],
    ['unavailable', true, status(503, 'ServiceUnavailable', 'apiserver is shutting down')],
  ])('maps a %s', (kind, retriable, [code, body]) => {
    const error = errorFromAnswer(code, body);
    expect(error).toMatchObject({ kind, retriable, status: code });
    expect(error.message).toBe((JSON.parse(body) as { message: string }).message);
  });

  it('keeps the wait that the cluster asks for', () => {
    const [code, body] = status(429, 'TooManyRequests', 'too many requests', { details: { retryAfterSeconds: 3 } });
    expect(errorFromAnswer(code, body)).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 3 });
    expect(errorFromAnswer(503, 'busy', '7')).toMatchObject({
      kind: 'unavailable',
      retryAfterSeconds: 7,
      message: 'busy',
    });
    expect(errorFromAnswer(503, 'busy').retryAfterSeconds).toBeUndefined();
  });

  it.each(['', '<html>Bad gateway</html>', 'null', '[]', '{"kind":"Pod"}'])('has words for the body %j', (body) => {
    expect(errorFromAnswer(502, body)).toMatchObject({ kind: 'unavailable', message: expect.stringMatching(/.+/) });
  });

  it('takes a redirect for a refusal, since credentials never follow one', () => {
    expect(errorFromAnswer(302, '')).toMatchObject({ kind: 'invalid', retriable: false });
  });
});

describe('errorFromFailure', () => {
  const failure = (code: string): Error => Object.assign(new Error('connect'), { code });

  it.each([
    [failure('ECONNREFUSED'), 'ECONNREFUSED', true],
    [new AggregateError([failure('ECONNREFUSED'), failure('ECONNREFUSED')]), 'ECONNREFUSED', true],
    [new TypeError('fetch failed', { cause: failure('ENOTFOUND') }), 'ENOTFOUND', true],
    [failure('UND_ERR_CONNECT_TIMEOUT'), 'Timeout', true],
    [failure('UND_ERR_SOCKET'), 'ConnectionBroken', true],
    [new DOMException('timed out', 'TimeoutError'), 'Timeout', true],
    [failure('DEPTH_ZERO_SELF_SIGNED_CERT'), 'UntrustedCertificate', false],
    [failure('ERR_TLS_CERT_ALTNAME_INVALID'), 'UntrustedCertificate', false],
    [new AddressRefusedError('169.254.169.254 is not allowed'), 'AddressRefused', false],
    ['a text', 'ConnectionBroken', true],
  ])('calls %s unreachable', (thrown, reason, retriable) => {
    expect(errorFromFailure(thrown, 'https://quay')).toMatchObject({
      kind: 'unreachable',
      status: 0,
      reason,
      retriable,
    });
  });
});
