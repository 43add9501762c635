import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AdminServer } from './admin-server.js';
import { Counter, Metrics } from './metrics.js';
import { Readiness } from './readiness.js';

describe('AdminServer', () => {
  let server: AdminServer;
  let url: string;
  const member = (name: string) => {
    const added = { name, readiness: new Readiness(), metrics: Metrics.forService(name) };
    added.readiness.markServing();
    server.add(added);
    return added;
  };

  beforeEach(async () => {
    server = new AdminServer();
    url = await server.listen();
  });
  afterEach(() => server.close());

  it('is alive whatever its dependencies say', async () => {
    member('identity').readiness.add('database', () => Promise.reject(new Error('away')));
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('is ready only when every service is, and names what is broken', async () => {
    member('catalog').readiness.add('database', () => undefined);
    const identity = member('identity');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    identity.readiness.add('database', () => {
      throw new Error('no answer from 127.0.0.1:5432');
    });
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      broken: [{ service: 'identity', dependency: 'database', reason: 'no answer from 127.0.0.1:5432' }],
      services: {
        catalog: { ready: true, checks: { database: 'ok' } },
        identity: { ready: false, checks: { database: 'no answer from 127.0.0.1:5432' } },
      },
    });
  });

  it('does not wait for a check that never answers', async () => {
    member('identity').readiness.add('broker', () => new Promise(() => undefined));
    const response = await fetch(`${url}/readyz`);
    expect(await response.json()).toMatchObject({
      broken: [{ dependency: 'broker', reason: 'no answer within 2000 ms' }],
    });
  });

  it('tells the same metric of two services apart by its label, and those of the process once', async () => {
    for (const { name, metrics } of [member('catalog'), member('identity')]) {
      new Counter({ name: 'commands_total', help: 'Commands', registers: [metrics] }).inc(name.length);
    }
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('commands_total{service="catalog"} 7');
    expect(text).toContain('commands_total{service="identity"} 8');
    expect(text.match(/^# TYPE process_cpu_seconds_total/gm)).toHaveLength(1);
    expect(text.match(/^# TYPE commands_total/gm)).toHaveLength(1);
  });

  it('forgets a service that was removed', async () => {
    member('identity').readiness.markStopping();
    server.remove('identity');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('answers 404 to other paths and methods', async () => {
    expect((await fetch(`${url}/v1/users`)).status).toBe(404);
    expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(404);
  });
});
