// A user's own hosts: claimed over the API, proven in the DNS, led to by the cluster. The name server is the test's own.
import { type NameServer, startNameServer, waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DeployedApp } from './fixture/deployed-app.js';
import { ingressHosts } from './fixture/ingress-hosts.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { patienceMs, testImage } from './fixture/test-cluster.js';
import { HttpClient } from './http-client.js';

interface Added {
  readonly id: string;
  readonly domain: string;
  readonly status: string;
  readonly verification: { readonly name: string; readonly value: string };
}

let server: NameServer;
let instance: Instance;
beforeAll(async () => {
  server = await startNameServer();
  instance = await startInstance({ env: { DOMAIN_RESOLVERS: server.address } });
}, 90_000);
afterAll(async () => {
  await instance.close();
  await server.close();
});

const image = testImage('web');

async function add(client: HttpClient, app: DeployedApp, domain: string): Promise<Added> {
  const { status, body } = await client.send('POST', `${app.path}/domains`, { domain });
  expect([status, body]).toMatchObject([201, { status: 'pending' }]);
  return body as unknown as Added;
}

function prove({ verification }: Added): void {
  server.records.set(verification.name, [...(server.records.get(verification.name) ?? []), verification.value]);
}

const hostsBecome = (app: DeployedApp, hosts: readonly string[] | undefined) =>
  waitFor(
    async () => {
      expect((await ingressHosts(instance, app.id))[`${app.name}.domains`]).toEqual(hosts);
      return true;
    },
    { timeoutMs: patienceMs },
  );

describe('domains of a deployment', () => {
  it('are proven by a TXT record, led to by an Ingress, and removed one by one', async () => {
    const app = await DeployedApp.create(instance.client, { app_name: 'hosted', image });
    const [first, second] = [
      await add(instance.client, app, 'Shop.example.net'),
      await add(instance.client, app, 'www.example.net'),
    ];
    expect(await ingressHosts(instance, app.id)).not.toHaveProperty('hosted.domains');
    prove(first);
    // The checks find it by themselves; the second is asked for.
    await hostsBecome(app, ['shop.example.net']);
    prove(second);
    const verified = await app.send('POST', `/domains/${second.id}/verify`);
    expect(verified.body).toMatchObject({ domain: 'www.example.net', status: 'verified', reason: null });
    await hostsBecome(app, ['shop.example.net', 'www.example.net']);
    const own = (await ingressHosts(instance, app.id))[app.name];

    const removed = await app.send('DELETE', `/domains/${first.id}`);
    expect(removed.body).toMatchObject({ message: 'Domain removed successfully', domain: 'shop.example.net' });
    await hostsBecome(app, ['www.example.net']);
    expect((await ingressHosts(instance, app.id))[app.name]).toEqual(own);
    await app.send('DELETE', `/domains/${second.id}`);
    await hostsBecome(app, undefined);
  }, 120_000);

  it('are not taken over: neither claimed once they are verified, nor proven second', async () => {
    const { body: lee } = await instance.client.send('POST', '/v1/auth/register', {
      username: 'lee',
      email: 'lee@example.org',
      password: 'correct horse',
      confirm_password: 'correct horse',
    });
    const stranger = instance.client.with(String(lee.access_token));
    const [app, foreign] = [
      await DeployedApp.create(instance.client, { app_name: 'owner', image }),
      await DeployedApp.create(stranger, { app_name: 'stranger', image }),
    ];
    const [own, claim] = [
      await add(instance.client, app, 'fought.example.net'),
      await add(stranger, foreign, 'fought.example.net'),
    ];
    prove(own);
    await app.send('POST', `/domains/${own.id}/verify`);
    prove(claim);
    const lost = await foreign.send('POST', `/domains/${claim.id}/verify`);
    expect(lost.body).toMatchObject({ status: 'failed', reason: 'Another app has proven that this host is its own.' });
    const again = await DeployedApp.create(stranger, { app_name: 'again', image });
    const refused = await stranger.send('POST', `${again.path}/domains`, { domain: 'fought.example.net' });
    expect([refused.status, refused.body]).toMatchObject([409, { error: { message: 'Domain already exists' } }]);
    await hostsBecome(app, ['fought.example.net']);
    expect(await ingressHosts(instance, foreign.id)).not.toHaveProperty('stranger.domains');

    // It is anybody's again who proves it, once its deployment is gone.
    await app.send('DELETE', '');
    const moved = await add(stranger, again, 'fought.example.net');
    prove(moved);
    await hostsBecome(again, ['fought.example.net']);
  }, 120_000);
});
