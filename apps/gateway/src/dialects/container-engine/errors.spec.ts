import { problem, ProblemKind, type Problem } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { failureOf, renderFailure } from './errors.js';

const wording = { endpoint: 'GET /v1/deployments', hideUnknownUsers: false };
const render = (one: Problem, change: Partial<typeof wording> = {}) =>
  renderFailure(failureOf(one, { ...wording, ...change }));

const table: Record<ProblemKind, [Problem, number, string, string, string, Record<string, string>]> = {
  unauthenticated: [
    problem.unauthenticated('credential', 't'),
    401,
    'INVALID_TOKEN',
    'Invalid token',
    '',
    { 'WWW-Authenticate': 'Bearer' },
  ],
  forbidden: [problem.forbidden('app', 'Only its owner may.'), 403, 'FORBIDDEN', 'Only its owner may.', '', {}],
  not_found: [problem.notFound('app', 't', { code: 'hidden' }), 404, 'NOT_FOUND', 'Deployment not found', '', {}],
  already_exists: [
    problem.alreadyExists('app', 't', { facts: { name: 'shop' } }),
    409,
    'CONFLICT',
    'App name already exists',
    'shop',
    {},
  ],
  invalid: [
    problem.invalid('app', 't', { issues: [{ path: 'containers.0.image', rule: 'image', kind: 'value' }] }),
    400,
    'VALIDATION_ERROR',
    'Validation failed',
    'containers.0.image: must be an image reference',
    {},
  ],
  conflict: [
    problem.conflict('app', 'Another change came first.', { code: 'lost_race' }),
    409,
    'CONFLICT',
    'Another change came first.',
    '',
    {},
  ],
  precondition_failed: [
    problem.preconditionFailed('app', 't', { facts: { version: 4 } }),
    412,
    'PRECONDITION_FAILED',
    'The deployment has changed',
    'current ETag is "4"',
    {},
  ],
  quota_exceeded: [
    problem.quotaExceeded('app', 'At most 3 deployments.'),
    403,
    'QUOTA_EXCEEDED',
    'At most 3 deployments.',
    '',
    {},
  ],
  rate_limited: [
    problem.rateLimited('user', 't', { retryAfterMs: 1_001 }),
    429,
    'RATE_LIMITED',
    'Too many requests',
    '',
    { 'Retry-After': '2' },
  ],
  unavailable: [
    problem.unavailable('service', 'Try again.'),
    503,
    'SERVICE_UNAVAILABLE',
    'Service unavailable',
    'Try again.',
    { 'Retry-After': '2' },
  ],
  not_implemented: [problem.notImplemented('app', 't'), 501, 'NOT_IMPLEMENTED', 'Not implemented', '', {}],
  internal: [
    problem.internal('request', 't', { incident: 'i1' }),
    500,
    'INTERNAL_ERROR',
    'Internal server error',
    'incident i1',
    {},
  ],
};

describe('failureOf', () => {
  it.each(Object.entries(table))('renders %s', (_, [one, status, code, message, details, headers]) => {
    expect(render(one)).toEqual({ status, headers, body: { error: { code, message, details } } });
  });

  it('says of a body that it is too large', () => {
    const tooLarge = problem.invalid('request', 't', { code: 'too_large' });
    expect(render(tooLarge, { endpoint: 'POST /v1/deployments' })).toMatchObject({
      status: 413,
      body: { error: { message: 'Body is larger than 1 MiB' } },
    });
  });

  it.each([
    [problem.forbidden('credential', 't', { code: 'read_only' }), 403, 'API key is read-only'],
    [problem.forbidden('user', 't', { code: 'registration_closed' }), 403, 'Registration is closed'],
    [problem.preconditionFailed('request', 'The file has changed'), 412, 'The file has changed'],
    [problem.conflict('app', 't', { code: 'deleting' }), 404, 'Deployment not found'],
    [problem.conflict('app', 't', { code: 'not_containers' }), 409, 'Deployment is not described by an image'],
    [problem.conflict('app', 't', { code: 'not_scalable' }), 409, 'Deployment has no single scalable workload'],
    [problem.conflict('app', 't', { code: 'stopped' }), 409, 'Deployment is stopped'],
    [problem.unavailable('service', 't', { code: 'timeout' }), 504, 'No answer in time'],
    [problem.unavailable('service', 't', { code: 'cluster_unreachable' }), 503, 'Cluster is not reachable'],
    [problem.invalid('request', 't', { code: 'too_large' }), 413, 'Answer is too large'],
    [problem.invalid('user', 't', { code: 'reset_token' }), 400, 'Invalid or expired reset token'],
    [
      problem.invalid('user', 't', { issues: [{ path: 'email', rule: 'required', kind: 'shape' }] }),
      422,
      'Invalid request body',
    ],
    [
      problem.invalid('app', 't', { issues: [{ path: 'containers.0.image', rule: 'accessible', kind: 'value' }] }),
      422,
      'Image or registry not accessible',
    ],
    [problem.notFound('subscription', 't'), 404, 'Webhook not found'],
    [problem.notFound('delivery', 't'), 404, 'Delivery not found'],
    [problem.notFound('api_key', 't'), 404, 'API key not found'],
    [problem.notFound('user', 't'), 404, 'User not found'],
  ])('words %o', (one, status, message) => {
    expect(render(one)).toMatchObject({ status, body: { error: { message } } });
  });

  it('calls a field as bodies do', () => {
    const past = problem.invalid('credential', 't', { issues: [{ path: 'expiresAt', rule: 'future', kind: 'value' }] });
    expect(render(past).body).toMatchObject({ error: { details: 'expires_at: must be in the future' } });
  });

  it('hides unknown users when told so', () => {
    const unknown = problem.invalid('user', 't', { code: 'unknown_email' });
    expect(render(unknown).status).toBe(404);
    const hidden = render(unknown, { hideUnknownUsers: true });
    expect(hidden).toEqual(render(problem.invalid('user', 't', { code: 'wrong_password' })));
    expect(hidden.status).toBe(401);
  });

  it.each([
    [['email'], 'Email already exists'],
    [['username'], 'Username already exists'],
  ])('words a taken %j of a profile', (fields, message) => {
    const taken = problem.alreadyExists('user', 't', { facts: { fields } });
    expect(render(taken, { endpoint: 'PUT /v1/user/profile' })).toMatchObject({
      status: 409,
      body: { error: { message } },
    });
  });
});
