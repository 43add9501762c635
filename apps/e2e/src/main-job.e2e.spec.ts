import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';
import { patienceMs, testImage } from './fixture/test-cluster.js';
import { playMainJob } from './main-job.js';

let instance: Instance;
beforeAll(async () => {
  instance = await startInstance();
}, 90_000);
afterAll(() => instance.close());

const deployment = (name: string) => ({ app_name: name, image: testImage('web'), port: 8080 });

describe('the main job', () => {
  it('is done by a new user over HTTP, from registration to deletion', async () => {
    const told: string[] = [];
    await playMainJob({ url: instance.url, image: testImage('web'), patienceMs, tell: (line) => told.push(line) });
    expect(told.at(-1)).toContain('deployment_deleted');
  }, 180_000);
});

describe('an Idempotency-Key', () => {
  it('gives fifty clients at once one deployment and the same answer', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => instance.client.send('POST', '/v1/deployments', deployment('fifty'), headers)),
    );
    const created = answers.filter(({ status }) => status === 201);
    const others = answers.filter(({ status }) => status !== 201);
    expect(created.length).toBeGreaterThan(0);
    expect(new Set(created.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(created.filter(({ headers }) => headers.get('idempotency-replayed') !== 'true')).toHaveLength(1);
    for (const { status, body } of others) {
      expect([status, body]).toMatchObject([409, { error: { code: 'CONFLICT' } }]);
    }
    const { body } = await instance.client.send('GET', '/v1/deployments');
    expect((body.deployments as { app_name: string }[]).filter(({ app_name }) => app_name === 'fifty')).toHaveLength(1);
  }, 60_000);

  it('gives an update its answer once more when the deployment is gone', async () => {
    const { client } = instance;
    const { body } = await client.send('POST', '/v1/deployments', deployment('brief'));
    const path = `/v1/deployments/${String(body.id)}`;
    const change = { app_name: 'brief', env_vars: { A: '1' }, registry_auth: { username: 'kim', password: 'secret' } };
    const headers = { 'idempotency-key': randomUUID() };
    const first = await client.send('PUT', path, change, headers);
    expect([first.status, first.body.revision]).toEqual([200, 2]);
    expect((await client.send('DELETE', path)).status).toBe(200);
    const again = await client.send('PUT', path, change, headers);
    expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([200, first.body, 'true']);
  }, 60_000);

  it('belongs to one request', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await instance.client.send('POST', '/v1/deployments', deployment('once'), headers);
    const again = await instance.client.send('POST', '/v1/deployments', deployment('once'), headers);
    expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([201, first.body, 'true']);
    const other = await instance.client.send('POST', '/v1/deployments', deployment('twice'), headers);
    expect(other).toMatchObject({
      status: 422,
      body: {
        error: { code: 'UNPROCESSABLE_ENTITY', message: 'Idempotency-Key was used with another request', details: '' },
      },
    });
  });
});

describe('tenants', () => {
  it("see nothing of each other's, and are told that it is absent", async () => {
    const { body } = await instance.client.send('POST', '/v1/deployments', deployment('private'));
    const id = String(body.id);
    const tag = randomUUID().slice(0, 8);
    const registered = await instance.client.send('POST', '/v1/auth/register', {
      username: `eve-${tag}`,
      email: `eve-${tag}@example.org`,
      password: 'correct horse',
      confirm_password: 'correct horse',
    });
    const eve = instance.client.with(String(registered.body.access_token));
    const attempts: [string, string, object?][] = [
      ['GET', ''],
      ['PUT', '', { image: 'evil:1' }],
      ['PATCH', '/scale', { replicas: 9 }],
      ['POST', '/stop'],
      ['POST', '/start'],
      ['GET', '/status'],
      ['GET', '/logs'],
      ['GET', '/pods'],
      ['GET', '/pods/private-0/logs'],
      ['GET', '/metrics'],
      ['GET', '/node-ip'],
      ['DELETE', ''],
    ];
    for (const [method, path, sent] of attempts) {
      const foreign = await eve.send(method, `/v1/deployments/${id}${path}`, sent);
      const absent = await eve.send(method, `/v1/deployments/${randomUUID()}${path}`, sent);
      expect([method, path, foreign.status, foreign.body]).toEqual([method, path, 404, absent.body]);
    }
    expect((await eve.send('GET', '/v1/deployments')).body).toMatchObject({
      deployments: [],
      pagination: { total: 0 },
    });
    expect((await instance.client.send('GET', `/v1/deployments/${id}`)).body).toMatchObject({
      image: testImage('web'),
    });
  });
});
