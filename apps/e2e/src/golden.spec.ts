// The golden exchanges of the Container Engine dialect, in their order, against the real services: the gateway's contract suite holds many
// more over answers that it makes up. `<uuid>` matches any value of that form, `<uuid:d>` the same one each time, also in a request.
import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { startInstance, type Instance } from './fixture/instance.js';
import { isSigned } from './main-job.js';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

const SECRET = 'whsec_c2xpcHdheS1nb2xkZW4tc2VjcmV0LTAw';
const FORMS: Readonly<Record<string, string>> = {
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3})?Z',
  jwt: '[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+',
  token: '[A-Za-z0-9_-]{43,}',
  text: '(?:[^"\\\\]|\\\\.)+',
};
const PLACEHOLDER = /(<(?:uuid|time|jwt|token|text)(?::[a-z0-9]+)?>)/;
const PATIENCE = { timeoutMs: 60_000 };

let instance: Instance;
let receiver: WebhookReceiver;
let socket: WebSocket | undefined;
let credential = '';
const frames: string[] = [];
const known = new Map<string, string>();

beforeAll(async () => {
  [instance, receiver] = await Promise.all([
    startInstance({
      env: { DOMAIN_SUFFIX: 'apps.example.com', INGRESS_ADDRESS: '203.0.113.10', URL_SCHEME: 'https' },
    }),
    startWebhookReceiver(),
  ]);
}, 120_000);
afterAll(async () => {
  socket?.terminate();
  await instance.close();
  await receiver.close();
});

/** Compares with what is known by name, and learns the rest. */
function expectGolden(actual: string, golden: string): void {
  const names: string[] = [];
  const source = golden.split(PLACEHOLDER).map((part) => {
    const [, form = '', name] = /^<([a-z]+)(?::([a-z0-9]+))?>$/.exec(part) ?? [];
    const value = PLACEHOLDER.test(part) ? known.get(part) : part;
    if (value !== undefined) return value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (name === undefined) return FORMS[form];
    if (names.includes(part)) return `\\k<${form}${name}>`;
    names.push(part);
    return `(?<${form}${name}>${FORMS[form]})`;
  });
  const pattern = new RegExp(`^${source.join('')}$`);
  expect(actual).toMatch(pattern);
  const found = pattern.exec(actual)?.groups ?? {};
  for (const part of names) known.set(part, found[part.replace(/[<:>]/g, '')] ?? '');
}

const withKnown = (text: string): string => text.replace(/<[a-z]+:[a-z0-9]+>/g, (name) => known.get(name) ?? name);

/** Sends `<method> <path> <body>` and tells what came as `<status> <body>`. */
async function send(
  request: string,
  headers: Record<string, string> = {},
): Promise<{ text: string; headers: Headers }> {
  const [, method = '', path = '', body] = /^([A-Z]+) (\S+) ?(.+)?$/.exec(withKnown(request)) ?? [];
  const answer = await fetch(new URL(path, instance.url), {
    method,
    headers: {
      ...(!path.startsWith('/v1/auth/') && { Authorization: `Bearer ${credential}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
  expect(answer.headers.get('content-type')).toBe('application/json');
  return { text: `${answer.status} ${await answer.text()}`, headers: answer.headers };
}

interface Exchange {
  readonly send?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

async function exchange(request: string, golden: string, { send: sent, headers = {} }: Exchange = {}): Promise<void> {
  const answer = await send(request, sent);
  expectGolden(answer.text, golden);
  for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name), name).toBe(withKnown(value));
}

/** The same, asked again until it is so. */
const eventually = (request: string, golden: string): Promise<true> =>
  waitFor(async () => {
    await exchange(request, golden);
    return true as const;
  }, PATIENCE);

const runs = (image: string, more = ''): Promise<true> =>
  waitFor(async () => {
    const { text } = await send('GET /v1/deployments/<uuid:d>');
    return text.includes('"status":"running"') && text.includes(`"image":"${image}"`) && text.includes(more);
  }, PATIENCE).then(() => true as const);

/** What waits, waits long enough for a machine that is busy. */
const PATIENT = { Prefer: 'wait=25' };

describe('the golden exchanges', () => {
  it('1 to 5: accounts and keys', async () => {
    await exchange(
      'POST /v1/auth/register {"username":"kim","email":"kim@example.org","password":"correct horse","confirm_password":"correct horse"}',
      '201 {"access_token":"<jwt:a>","refresh_token":"<token:1>","expires_at":"<time>","user":{"id":"<uuid:u>","username":"kim","email":"kim@example.org"},"id":"<uuid:u>","username":"kim","email":"kim@example.org","created_at":"<time>","status":"active"}',
    );
    await exchange(
      'POST /v1/auth/register {"username":"lee","password":"correct horse"}',
      '422 {"error":{"code":"UNPROCESSABLE_ENTITY","message":"Invalid request body","details":"email: is required; confirm_password: is required"}}',
    );
    await exchange(
      'POST /v1/auth/login {"email":"nobody@example.org","password":"correct horse"}',
      '404 {"error":{"code":"NOT_FOUND","message":"User not found","details":""}}',
    );
    await exchange(
      'POST /v1/auth/login {"email":"KIM@example.org","password":"wrong horse"}',
      '401 {"error":{"code":"AUTHENTICATION_ERROR","message":"Invalid credentials","details":""}}',
      { headers: { 'WWW-Authenticate': 'Bearer' } },
    );
    credential = withKnown('<jwt:a>');
    await exchange(
      'POST /v1/api-keys {"name":"ci","expires_at":"2099-12-31T23:59:59Z"}',
      '201 {"id":"<uuid>","name":"ci","description":null,"key":"<token:k>","api_key":"<token:k>","key_prefix":"ce_dev_","key_hint":"<text>","scope":"full","created_at":"<time>","expires_at":"2099-12-31T23:59:59Z","last_used":null}',
    );
    credential = withKnown('<token:k>');
    await exchange(
      'POST /v1/auth/refresh {"refresh_token":"<token:1>","rotate":true}',
      '200 {"access_token":"<jwt>","expires_at":"<time>","refresh_token":"<token:2>"}',
    );
    const invalid = '401 {"error":{"code":"INVALID_TOKEN","message":"Invalid token","details":""}}';
    // Ten seconds after it was spent it is refused, and ends the session.
    await eventually('POST /v1/auth/refresh {"refresh_token":"<token:1>"}', invalid);
    await exchange('POST /v1/auth/refresh {"refresh_token":"<token:2>"}', invalid);
  }, 90_000);

  it('6 to 9: a deployment is made, listed and updated', async () => {
    const url = new URL('/v1/ws/notifications', instance.url);
    url.protocol = 'ws:';
    const opening = new WebSocket(url, { headers: { Authorization: `Bearer ${credential}` } });
    socket = opening;
    opening.on('message', (message: Buffer) => frames.push(message.toString('utf8')));
    await new Promise((resolve, reject) => opening.once('open', resolve).once('error', reject));
    const hook = { name: 'ops', url: receiver.url, events: ['deployment_completed'], secret: SECRET };
    expect((await send(`POST /v1/webhooks ${JSON.stringify(hook)}`)).text).toMatch(/^201 /);

    await exchange(
      'POST /v1/deployments {"app_name":"shop","image":"registry.example.org/shop:1","port":8080,"replicas":2,"resources":{"cpu":"100m","memory":"128Mi"}}',
      '201 {"id":"<uuid:d>","app_name":"shop","image":"registry.example.org/shop:1","status":"pending","url":null,"created_at":"<time>","message":"Deployment is being processed"}',
      { headers: { Location: '/v1/deployments/<uuid:d>', ETag: '"1"' } },
    );
    await exchange(
      'POST /v1/deployments {"app_name":"My Shop","image":"shop:1","port":8080}',
      '400 {"error":{"code":"VALIDATION_ERROR","message":"Validation failed","details":"app_name: must be a DNS-1123 label"}}',
    );
    await exchange(
      'POST /v1/deployments {"app_name":"shop2","image":"Shop:1:2","port":8080}',
      '422 {"error":{"code":"UNPROCESSABLE_ENTITY","message":"Invalid image reference","details":"image: must be an image reference"}}',
    );
    await exchange(
      'POST /v1/deployments {"app_name":"shop","image":"shop:1","port":8080}',
      '409 {"error":{"code":"CONFLICT","message":"App name already exists","details":"shop"}}',
    );
    await eventually(
      'GET /v1/deployments?status=running&limit=500',
      '200 {"deployments":[{"id":"<uuid:d>","app_name":"shop","image":"registry.example.org/shop:1","status":"running","url":"https://shop.apps.example.com","replicas":2,"created_at":"<time>","updated_at":"<time>"}],"pagination":{"page":1,"limit":100,"total":1,"total_pages":1}}',
    );
    await exchange(
      'PUT /v1/deployments/<uuid:d> {"image":"registry.example.org/shop:2"}',
      '412 {"error":{"code":"PRECONDITION_FAILED","message":"The deployment has changed","details":"current ETag is \\"1\\""}}',
      { send: { 'If-Match': '"7"' } },
    );
    await exchange(
      'PUT /v1/deployments/<uuid:d> {"image":"registry.example.org/shop:2"}',
      '200 {"id":"<uuid:d>","status":"updating","message":"Deployment update in progress","updated_at":"<time>","revision":2}',
      { send: { 'If-Match': '"1"' }, headers: { ETag: '"2"' } },
    );
  }, 120_000);

  it('10 and 11: it is scaled, stopped and started', async () => {
    await runs('registry.example.org/shop:2');
    await exchange(
      'PATCH /v1/deployments/<uuid:d>/scale {"replicas":5}',
      '200 {"id":"<uuid:d>","replicas":5,"status":"running","message":"Deployment scaled successfully"}',
      { send: PATIENT },
    );
    const frame = await waitFor(() => frames.find((one) => one.includes('"type":"deployment_scaled"')), PATIENCE);
    expectGolden(
      frame,
      '{"id":"<text>","type":"deployment_scaled","deployment_id":"<uuid:d>","timestamp":"<time>","data":{"old_replicas":2,"new_replicas":5,"type":"deployment_scaled","data":{"deployment_id":"<uuid:d>","app_name":"shop","old_replicas":2,"new_replicas":5}}}',
    );
    // Values come before existence.
    await exchange(
      'PATCH /v1/deployments/<uuid:u>/scale {"replicas":-1}',
      '400 {"error":{"code":"VALIDATION_ERROR","message":"Validation failed","details":"replicas: must be between 0 and 100"}}',
    );
    await exchange(
      'POST /v1/deployments/<uuid:d>/stop',
      '200 {"id":"<uuid:d>","status":"stopped","message":"Deployment stopped successfully"}',
      { send: PATIENT },
    );
    await exchange(
      'POST /v1/deployments/<uuid:d>/start',
      '200 {"id":"<uuid:d>","status":"running","replicas":5,"message":"Deployment started successfully"}',
      { send: PATIENT },
    );
  }, 180_000);

  it('12: the status of one whose image is missing', async () => {
    await exchange(
      'POST /v1/deployments {"app_name":"gone","image":"registry.example.org/missing","port":80}',
      '201 {"id":"<uuid:m>","app_name":"gone","image":"registry.example.org/missing","status":"pending","url":null,"created_at":"<time>","message":"Deployment is being processed"}',
    );
    await eventually(
      'GET /v1/deployments/<uuid:m>/status',
      '200 {"status":"failed","health":"unhealthy","replicas":{"desired":1,"ready":0,"available":0},"last_health_check":"<time>","uptime":"0s","restart_count":0,"reason":"ImagePullBackOff","message":"<text>"}',
    );
  }, 120_000);

  it('13 and 14: a domain, and logs', async () => {
    await exchange(
      'POST /v1/deployments/<uuid:d>/domains {"domain":"Shop.example.net"}',
      '201 {"id":"<uuid>","domain":"shop.example.net","status":"pending","created_at":"<time>","verified_at":null,"verification":{"type":"TXT","name":"_slipway-challenge.shop.example.net","value":"slipway-verification=<token:v>"},' +
        '"dns_records":[{"record_type":"TXT","name":"_slipway-challenge.shop.example.net","value":"slipway-verification=<token:v>","ttl":300},{"record_type":"A","name":"shop.example.net","value":"203.0.113.10","ttl":300}],"node_ip":"203.0.113.10","instructions":"<text>"}',
    );
    await eventually(
      'GET /v1/deployments/<uuid:d>/logs?tail=1',
      '200 {"logs":[{"timestamp":"<time>","level":"info","message":"<text>","source":"app","pod":"<text>","container":"app"}]}',
    );
    await exchange(
      'GET /v1/deployments/not-a-uuid/logs',
      '400 {"error":{"code":"BAD_REQUEST","message":"Invalid id","details":"deploymentId: must be a UUID"}}',
    );
  }, 120_000);

  it('15: an Idempotency-Key', async () => {
    const once = 'POST /v1/deployments {"app_name":"once","image":"once:1","port":80}';
    const keyed = { 'Idempotency-Key': 'a1' };
    const first = await send(once, keyed);
    expect(first.text).toMatch(/^201 /);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const second = await send(once, keyed);
    expect(second.text).toBe(first.text);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    await exchange(
      once.replace('"once"', '"twice"'),
      '422 {"error":{"code":"UNPROCESSABLE_ENTITY","message":"Idempotency-Key was used with another request","details":""}}',
      { send: keyed },
    );
  }, 60_000);

  it('16: a signed delivery', async () => {
    const delivery = await waitFor(
      () => receiver.received.find(({ body }) => body.app_name === 'shop' && body.url !== null),
      PATIENCE,
    );
    expectGolden(
      delivery.text,
      '{"deployment_id":"<uuid:d>","status":"completed","type":"deployment_completed","timestamp":"<time>","app_name":"shop","user_id":"<uuid:u>","url":"https://shop.apps.example.com"}',
    );
    expect(isSigned(delivery, SECRET)).toBe(true);
    expect(delivery.headers['user-agent']).toBe('Container-Engine-Webhook/1.0');
  }, 90_000);
});
