import { randomUUID } from 'node:crypto';

import {
  addDomain,
  type AppView,
  deleteApp,
  domainAdded,
  domainFailed,
  type DomainId,
  domainRemoved,
  domainVerified,
  type DomainView,
  getDomain,
  getNodeAddress,
  listDomains,
  removeDomain,
  verifyDomain,
} from '@slipway/contracts';
import type { Kind, V1Ingress } from '@slipway/cluster';
import { type NameServer, startNameServer } from '@slipway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { actor, eventually, type Fixture, kim, lee, problemOf, startFixture } from '../fixture/deployments.js';

let count = 0;
const newHost = (): string => `shop-${(count += 1)}.example.net`;

describe('domains', () => {
  let fixture: Fixture;
  let server: NameServer;
  beforeAll(async () => {
    server = await startNameServer();
    fixture = await startFixture({
      DOMAIN_RESOLVERS: server.address,
      INGRESS_ADDRESS: '203.0.113.10',
      CERT_ISSUER: 'letsencrypt',
      PUBLIC_URL: 'https://Engine.example.net:8443/v1',
    });
  });
  beforeEach(() => (server.silent = false));
  afterEach(() => fixture.embedded.faults.clear());
  afterAll(async () => {
    await fixture.close();
    await server.close();
  });

  const add = async (app: string, host: string, as = kim): Promise<DomainView> =>
    (await fixture.execute(addDomain, { app: { id: app }, host }, { actor: as })).domain;
  const get = (app: string, domain: DomainId, as = kim) => fixture.query(getDomain, { app: { id: app }, domain }, as);
  const verify = (app: string, domain: DomainId, as = kim) =>
    fixture.execute(verifyDomain, { app: { id: app }, domain }, { actor: as });
  const prove = ({ host, token }: DomainView): void =>
    void server.records.set(`_slipway-challenge.${host}`, ['v=spf1 -all', `slipway-verification=${token}`]);
  const due = (domain: DomainId) =>
    fixture.database.query(`update deployments.domain set next_check_at = now() where id = $1`, [domain]);
  const ingress = async (name: string, namespace: string): Promise<V1Ingress | undefined> =>
    fixture.cluster.get({ kind: 'Ingress', name, namespace });
  const hostsOf = (object: V1Ingress | undefined) => object?.spec?.rules?.map(({ host }) => host);

  describe('addDomain', () => {
    it('keeps the ASCII form, moves the version once, and tells it', async () => {
      const app = await fixture.create();
      const operationId = 'f47ac10b-58cc-4372-a567-0e02b2c3d001';
      const input = { app: { id: app.id }, ifVersion: 1, host: 'Bücher.example' };
      const first = await fixture.execute(addDomain, input, { operationId });
      expect(first).toMatchObject({
        domain: { host: 'xn--bcher-kva.example', state: 'pending', reason: '', verifiedAt: null },
        version: 2,
      });
      expect(first.domain).toMatchObject({ address: '203.0.113.10', appHost: `${app.name}.apps.example.com` });
      expect(first.domain.token).toMatch(/^[A-Za-z0-9_-]{43}$/);
      // Delivered twice.
      expect(await fixture.execute(addDomain, input, { operationId })).toEqual(first);
      expect(await fixture.events(domainAdded, app.id)).toMatchObject([
        { actor: { username: 'kim' }, app: { version: 2 }, domain: { id: first.domain.id } },
      ]);
      expect(await fixture.get(app.id)).toMatchObject({ version: 2, generation: 1 });
    });

    it('refuses, before it looks for the App, what is no domain', async () => {
      for (const host of ['shop.apps.example.com', 'engine.example.net']) {
        const refused = await problemOf(add('7c9e6679-7425-40de-944b-e07fc1f90ae7', host));
        expect(refused).toMatchObject({ kind: 'invalid', noun: 'domain', issues: [{ rule: 'reserved' }] });
      }
    });

    it('refuses strangers, readers, an old version, an App without a tcp port, its own domain, and the twenty-first', async () => {
      const app = await fixture.create();
      const host = newHost();
      expect(await problemOf(add(app.id, host, lee))).toMatchObject({ kind: 'not_found', noun: 'app' });
      const reader = { ...kim, credential: { ...kim.credential, scope: 'read' } } as const;
      expect(await problemOf(add(app.id, host, reader))).toMatchObject({ kind: 'forbidden', code: 'read_only' });
      const stale = fixture.execute(addDomain, { app: { id: app.id }, host, ifVersion: 7 });
      expect(await problemOf(stale)).toMatchObject({ kind: 'precondition_failed', facts: { version: 1 } });
      await add(app.id, host);
      expect(await problemOf(add(app.id, host.toUpperCase()))).toMatchObject({ code: 'domain_taken' });
      await fixture.database.query(
        `update deployments.domain set state = 'failed', next_check_at = null where host = $1`,
        [host],
      );
      expect(await problemOf(add(app.id, host)), 'in any state').toMatchObject({ code: 'domain_taken' });
      for (let more = 1; more < 20; more += 1) await add(app.id, newHost());
      expect(await problemOf(add(app.id, host)), 'before the quota').toMatchObject({ code: 'domain_taken' });
      expect(await problemOf(add(app.id, newHost()))).toMatchObject({ kind: 'quota_exceeded', facts: { limit: 20 } });
      const closed = await fixture.create({ container: { ports: [] } });
      expect(await problemOf(add(closed.id, newHost()))).toMatchObject({ kind: 'conflict', code: 'no_port' });
      const proven = (await fixture.query(listDomains, { app: { id: app.id } })).domains[0];
      if (!proven) throw new Error('there are twenty');
      prove(proven);
      await verify(app.id, proven.id);
      expect(await problemOf(add(closed.id, proven.host))).toMatchObject({ kind: 'conflict', code: 'domain_taken' });
    });
  });

  describe('listDomains and getDomain', () => {
    it('answer the newest first, and nobody but who sees the App', async () => {
      const app = await fixture.create();
      const [first, second] = [await add(app.id, newHost()), await add(app.id, newHost())];
      const { domains } = await fixture.query(listDomains, { app: { id: app.id } });
      expect(domains).toEqual([second, first]);
      expect(await get(app.id, first.id)).toEqual(first);
      const other = await fixture.create();
      expect(await problemOf(get(other.id, first.id))).toMatchObject({ kind: 'not_found', noun: 'domain' });
      expect(await problemOf(get(app.id, first.id, lee))).toMatchObject({ kind: 'not_found', noun: 'app' });
      expect(await problemOf(fixture.query(listDomains, { app: { id: app.id } }, lee))).toMatchObject({ noun: 'app' });
    });
  });

  describe('verifyDomain', () => {
    it('finds the record, and the cluster gets an Ingress beside that of the own host', async () => {
      const app = await fixture.create();
      const [, domain] = [await add(app.id, newHost()), await add(app.id, newHost())];
      const { namespace } = app.environment;
      prove(domain);
      const verified = await verify(app.id, domain.id);
      expect(verified).toMatchObject({ state: 'verified', reason: '', verifiedAt: expect.any(String) as string });
      expect(await fixture.events(domainVerified, app.id)).toMatchObject([
        { actor: { username: 'kim' }, domain: { host: domain.host, reason: '' } },
      ]);
      await eventually(async () =>
        expect(hostsOf(await ingress(`${app.name}.domains`, namespace))).toEqual([domain.host]),
      );
      const second = await ingress(`${app.name}.domains`, namespace);
      expect(second?.metadata.annotations).toMatchObject({ 'cert-manager.io/cluster-issuer': 'letsencrypt' });
      expect(second?.spec?.tls).toEqual([{ hosts: [domain.host], secretName: domain.host }]);
      expect(hostsOf(await ingress(app.name, namespace))).toEqual([app.host]);
      // The proof came in the background of the ETag; a second look changes nothing.
      expect((await fixture.get(app.id)).version).toBe(3);
      expect(await verify(app.id, domain.id)).toEqual(verified);
      expect(await fixture.events(domainVerified, app.id)).toHaveLength(1);
    });

    it('says what is missing, and that nobody answers', async () => {
      const app = await fixture.create();
      const domain = await add(app.id, newHost());
      const name = `_slipway-challenge.${domain.host}`;
      expect(await verify(app.id, domain.id)).toMatchObject({
        state: 'pending',
        reason: `There is no TXT record at ${name}.`,
      });
      server.records.set(name, ['slipway-verification=another']);
      expect(await verify(app.id, domain.id)).toMatchObject({ reason: `No TXT record at ${name} holds the value.` });
      for (const value of [domain.token, `slipway-verification=${domain.token}0`, 'slipway-verification=']) {
        server.records.set(name, [value]);
        expect(await verify(app.id, domain.id), value).toMatchObject({ state: 'pending' });
      }
      server.silent = true;
      expect(await verify(app.id, domain.id)).toMatchObject({
        state: 'pending',
        reason: `The name servers gave no answer about ${name}.`,
      });
    }, 20_000);
  });

  it('are verified and removed only at the version that If-Match names', async () => {
    const app = await fixture.create();
    const domain = await add(app.id, newHost());
    prove(domain);
    const refused = { kind: 'precondition_failed', facts: { version: 2 } };
    const of = (ifVersion: number) => ({ app: { id: app.id }, domain: domain.id, ifVersion });
    expect(await problemOf(fixture.execute(verifyDomain, of(1)))).toMatchObject(refused);
    expect(await problemOf(fixture.execute(removeDomain, of(1)))).toMatchObject(refused);
    expect(await get(app.id, domain.id)).toMatchObject({ state: 'pending' });
    expect(await fixture.execute(verifyDomain, of(2))).toMatchObject({ state: 'verified' });
    expect(await fixture.execute(removeDomain, of(2))).toMatchObject({ version: 3 });
  });

  it('answer a repeated command as the first time, also when they are gone by now', async () => {
    const app = await fixture.create();
    const domain = await add(app.id, newHost());
    prove(domain);
    const input = { app: { id: app.id }, domain: domain.id };
    const [verified, removed] = [randomUUID(), randomUUID()];
    const first = await fixture.execute(verifyDomain, input, { operationId: verified });
    const second = await fixture.execute(removeDomain, input, { operationId: removed });
    expect(await problemOf(fixture.execute(verifyDomain, input))).toMatchObject({ kind: 'not_found', noun: 'domain' });
    await fixture.execute(deleteApp, { app: { id: app.id } });
    expect(await fixture.execute(verifyDomain, input, { operationId: verified })).toEqual(first);
    expect(await fixture.execute(removeDomain, input, { operationId: removed })).toEqual(second);
  });

  describe('the checks', () => {
    it('verify by themselves, five seconds after a domain was added', async () => {
      const app = await fixture.create();
      const domain = await add(app.id, newHost());
      prove(domain);
      await eventually(async () => expect(await get(app.id, domain.id)).toMatchObject({ state: 'verified' }), 15_000);
      expect(await fixture.events(domainVerified, app.id)).toMatchObject([{ actor: null }]);
    }, 20_000);

    it('are claimed by moving them a minute on, so that no other replica looks meanwhile', async () => {
      const { id, host } = await add((await fixture.create()).id, newHost());
      server.silent = true;
      await due(id);
      await eventually(async () => expect(server.asked).toContain(`_slipway-challenge.${host}`));
      const text = `select next_check_at > now() + interval '30 seconds' as claimed from deployments.domain where id = $1`;
      expect(await fixture.database.query(text, [id])).toEqual([{ claimed: true }]);
    });

    it('give up after seven days, and begin again when asked', async () => {
      const app = await fixture.create();
      const domain = await add(app.id, newHost());
      const week = `update deployments.domain set checked_since = now() - interval '7 days', next_check_at = now() where id = $1`;
      await fixture.database.query(week, [domain.id]);
      await eventually(async () => expect(await get(app.id, domain.id)).toMatchObject({ state: 'failed' }));
      expect(await fixture.events(domainFailed, app.id)).toMatchObject([{ actor: null, domain: { id: domain.id } }]);
      expect(await verify(app.id, domain.id)).toMatchObject({ state: 'pending' });
      prove(domain);
      await due(domain.id);
      await eventually(async () => expect(await get(app.id, domain.id)).toMatchObject({ state: 'verified' }));
    });

    it('give a host to the first who proves it; the other claim fails, and nobody can claim it any more', async () => {
      const [mine, theirs] = [await fixture.create(), await fixture.create({}, lee)];
      const host = newHost();
      const [own, foreign] = [await add(mine.id, host), await add(theirs.id, host, lee)];
      prove(foreign);
      // What waits is told at once, not when it is looked for the next time.
      const later = `update deployments.domain set next_check_at = now() + interval '10 minutes' where id = $1`;
      await fixture.database.query(later, [own.id]);
      expect(await verify(theirs.id, foreign.id, lee)).toMatchObject({ state: 'verified' });
      await eventually(async () => expect(await get(mine.id, own.id)).toMatchObject({ state: 'failed' }));
      const reason = 'Another app has proven that this host is its own.';
      expect(await fixture.events(domainFailed, mine.id)).toMatchObject([{ domain: { host, reason } }]);
      prove(own);
      expect(await verify(mine.id, own.id)).toMatchObject({ state: 'failed', reason });
      expect(await fixture.events(domainFailed, mine.id)).toHaveLength(1);
      expect(await problemOf(add((await fixture.create()).id, host))).toMatchObject({ code: 'domain_taken' });
    });

    it('fail a claim whose look in vain is written while another proves the host', async () => {
      const [mine, theirs] = [await fixture.create(), await fixture.create({}, lee)];
      const host = newHost();
      const [own, foreign] = [await add(mine.id, host), await add(theirs.id, host, lee)];
      // What is not proven now is looked for again in ten minutes only.
      const old = `update deployments.domain set checked_since = now() - interval '1 hour', next_check_at = now() + interval '1 hour' where host = $1`;
      await fixture.database.query(old, [host]);
      const holder = fixture.database.createQueryRunner();
      await holder.startTransaction();
      await holder.query(`select 1 from deployments.domain where id = $1 for update`, [own.id]);
      // The reconciler may wait for the Apps meanwhile.
      const waits = async (condition: string): Promise<boolean> => {
        const rows = await fixture.database.query<unknown[]>(
          `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and ${condition}`,
        );
        return rows.length > 0;
      };
      const inVain = verify(mine.id, own.id);
      await eventually(async () => expect(await waits(`query like 'UPDATE%"domain"%'`)).toBe(true));
      prove(foreign);
      let proven = false;
      const proving = verify(theirs.id, foreign.id, lee).finally(() => (proven = true));
      await eventually(async () => expect(proven || (await waits(`wait_event = 'advisory'`))).toBe(true));
      await holder.commitTransaction();
      await holder.release();
      expect((await inVain).state).toBe('pending');
      expect((await proving).state).toBe('verified');
      await eventually(async () => expect(await get(mine.id, own.id)).toMatchObject({ state: 'failed' }));
    }, 20_000);

    it('give it to one when two prove it at the same time', async () => {
      const host = newHost();
      const users = [kim, lee, actor('pat'), actor('sam')];
      const claims = await Promise.all(
        users.map(async (user) => {
          const app = await fixture.create({}, user);
          return { user, app, domain: await add(app.id, host, user) };
        }),
      );
      const values = claims.map(({ domain }) => `slipway-verification=${domain.token}`);
      server.records.set(`_slipway-challenge.${host}`, values);
      const answers = await Promise.all(claims.map(({ user, app, domain }) => verify(app.id, domain.id, user)));
      expect(answers.map(({ state }) => state).sort()).toEqual(['failed', 'failed', 'failed', 'verified']);
      const winner = claims[answers.findIndex(({ state }) => state === 'verified')];
      const rows = await fixture.database.query(`select app_id from deployments.host where host = $1`, [host]);
      expect(rows).toEqual([{ app_id: winner?.app.id }]);
    });
  });

  describe('removeDomain', () => {
    it('takes that host alone out of the Ingress, and frees it', async () => {
      const app = await fixture.create();
      const { namespace } = app.environment;
      const domains = [await add(app.id, newHost()), await add(app.id, newHost())] as const;
      for (const domain of domains) {
        prove(domain);
        await verify(app.id, domain.id);
      }
      const [gone, kept] = domains;
      const name = `${app.name}.domains`;
      await eventually(async () =>
        expect(hostsOf(await ingress(name, namespace))).toEqual([gone.host, kept.host].sort()),
      );
      const removed = await fixture.execute(removeDomain, { app: { id: app.id }, domain: gone.id });
      expect(removed).toMatchObject({ domain: { host: gone.host }, version: 4 });
      await eventually(async () => expect(hostsOf(await ingress(name, namespace))).toEqual([kept.host]));
      expect(await fixture.events(domainRemoved, app.id)).toMatchObject([
        { actor: { username: 'kim' }, domain: { host: gone.host } },
      ]);
      const again = fixture.execute(removeDomain, { app: { id: app.id }, domain: gone.id });
      expect(await problemOf(again)).toMatchObject({ kind: 'not_found', noun: 'domain' });
      const foreign = fixture.execute(removeDomain, { app: { id: app.id }, domain: kept.id }, { actor: lee });
      expect(await problemOf(foreign)).toMatchObject({ kind: 'not_found', noun: 'app' });
      expect(await add((await fixture.create({}, lee)).id, gone.host, lee)).toMatchObject({ state: 'pending' });
      await fixture.execute(removeDomain, { app: { id: app.id }, domain: kept.id });
      await eventually(async () => expect(await ingress(name, namespace)).toBeUndefined());
      expect(hostsOf(await ingress(app.name, namespace))).toEqual([app.host]);
    });
  });

  describe('a host that moves', () => {
    const stillLed = {
      state: 'pending',
      reason: 'The cluster still leads this host to the app that had it. It is taken over as soon as that has ended.',
    };
    const led = async (app: AppView, hosts: readonly string[]): Promise<unknown> =>
      eventually(async () =>
        expect(hostsOf(await ingress(`${app.name}.domains`, app.environment.namespace))).toEqual(hosts),
      );
    /** An App with hosts that are proven and led to. */
    const leading = async (hosts: readonly string[]): Promise<{ app: AppView; domains: DomainView[] }> => {
      const app = await fixture.create();
      const domains: DomainView[] = [];
      for (const host of hosts) domains.push(await add(app.id, host));
      for (const domain of domains) {
        prove(domain);
        await verify(app.id, domain.id);
      }
      await led(app, hosts);
      return { app, domains };
    };
    const claim = async (app: AppView, host: string, as = kim): Promise<DomainView> => {
      const domain = await add(app.id, host, as);
      prove(domain);
      return domain;
    };
    /** Makes an object wait for somebody before it goes. */
    const hold = async (kind: Kind, { environment: { namespace } }: AppView, name: string, finalizers: string[]) => {
      const found = await fixture.cluster.get({ kind, name, namespace });
      const { apiVersion } = found ?? { apiVersion: '' };
      await fixture.cluster.apply({ apiVersion, kind, metadata: { name, namespace, finalizers } } as never, {
        fieldManager: 'they',
      });
    };

    it.each([
      ['delete', 0],
      ['apply', 1],
    ] as const)(
      'is its next App’s when the cluster leads it to the last no more (%s)',
      async (verb, others) => {
        const host = newHost();
        const kept = Array.from({ length: others }, newHost);
        const { app: last, domains } = await leading([host, ...kept].sort());
        const next = await fixture.create({}, lee);
        const namespace = last.environment.namespace;
        const freed = domains.find((domain) => domain.host === host);
        fixture.embedded.faults.add({ verb, resource: 'ingresses', namespace, status: 503, times: 1_000 });
        await fixture.execute(removeDomain, { app: { id: last.id }, domain: freed?.id ?? '' });
        const claimed = await claim(next, host, lee);
        expect(claimed).toMatchObject({ state: 'pending', reason: '' });
        expect(await verify(next.id, claimed.id, lee)).toMatchObject(stillLed);
        expect(hostsOf(await ingress(`${last.name}.domains`, namespace))).toContain(host);
        fixture.embedded.faults.clear();
        await eventually(
          async () => expect(await get(next.id, claimed.id, lee)).toMatchObject({ state: 'verified', reason: '' }),
          20_000,
        );
        await led(next, [host]);
        expect(hostsOf(await ingress(`${last.name}.domains`, namespace)) ?? []).toEqual(kept);
      },
      40_000,
    );

    it('is free when the Ingress of a deleted App is gone, though its namespace still goes, and for its owner not before', async () => {
      const host = newHost();
      const { app: last } = await leading([host]);
      const next = await fixture.create();
      await hold('Service', last, last.name, ['example.com/hold']);
      await hold('Ingress', last, `${last.name}.domains`, ['example.com/hold']);
      await fixture.execute(deleteApp, { app: { id: last.id } });
      const claimed = await claim(next, host);
      expect(await verify(next.id, claimed.id)).toMatchObject(stillLed);
      await hold('Ingress', last, `${last.name}.domains`, []);
      await eventually(async () => expect(await get(next.id, claimed.id)).toMatchObject({ state: 'verified' }), 20_000);
      expect((await fixture.get(last.id)).status.phase).toBe('deleting');
      await hold('Service', last, last.name, []);
      await eventually(async () => expect(await problemOf(fixture.get(last.id))).toMatchObject({ kind: 'not_found' }));
      await led(next, [host]);
      expect(await get(next.id, claimed.id)).toMatchObject({ state: 'verified' });
    }, 40_000);

    it('comes back to its App at once, and stays with it', async () => {
      const host = newHost();
      const { app, domains } = await leading([host]);
      const { namespace } = app.environment;
      fixture.embedded.faults.add({ verb: 'delete', resource: 'ingresses', namespace, status: 503, times: 1_000 });
      await fixture.execute(removeDomain, { app: { id: app.id }, domain: domains[0]?.id ?? '' });
      const back = await claim(app, host);
      expect(await verify(app.id, back.id)).toMatchObject({ state: 'verified' });
      fixture.embedded.faults.clear();
      const behind = () =>
        fixture.database.query(`select 1 from deployments.app where id = $1 and observed_generation < generation`, [
          app.id,
        ]);
      await eventually(async () => expect(await behind()).toEqual([]));
      await led(app, [host]);
      const stranger = await fixture.create({}, lee);
      expect(await problemOf(add(stranger.id, host, lee))).toMatchObject({ code: 'domain_taken' });
    }, 40_000);
  });

  it('go with their App', async () => {
    const app = await fixture.create();
    const domain = await add(app.id, newHost());
    prove(domain);
    await verify(app.id, domain.id);
    await fixture.execute(deleteApp, { app: { id: app.id } });
    expect(await problemOf(get(app.id, domain.id))).toMatchObject({ kind: 'not_found', noun: 'app' });
    const left = () =>
      fixture.database.query(
        `select host from deployments.domain where app_id = $1 union select host from deployments.host where app_id = $1`,
        [app.id],
      );
    await eventually(async () => expect(await left()).toEqual([]));
    expect(await add((await fixture.create({}, lee)).id, domain.host, lee)).toMatchObject({ state: 'pending' });
  });
});

describe('domains where INGRESS_ADDRESS is not set', () => {
  it('lead to the address of the node, in every answer, and a repeated command tells it also once the App is gone', async () => {
    const fixture = await startFixture({ DOMAIN_VERIFY: 'off' });
    try {
      const { id } = await fixture.create();
      const app = { id };
      const { address } = await fixture.query(getNodeAddress, { app });
      expect(address).toBe('10.244.0.1');
      const operationId = 'f47ac10b-58cc-4372-a567-0e02b2c3d006';
      const command = { app, host: newHost() };
      const added = await fixture.execute(addDomain, command, { operationId });
      const domain = added.domain.id;
      expect(added.domain).toMatchObject({ address });
      expect(await fixture.query(getDomain, { app, domain })).toMatchObject({ address });
      expect((await fixture.query(listDomains, { app })).domains).toMatchObject([{ address }]);
      expect(await fixture.execute(verifyDomain, { app, domain })).toMatchObject({ address });
      expect((await fixture.execute(removeDomain, { app, domain })).domain).toMatchObject({ address });
      await fixture.execute(deleteApp, { app });
      await eventually(async () => expect(await problemOf(fixture.get(id))).toMatchObject({ kind: 'not_found' }));
      expect(await fixture.execute(addDomain, command, { operationId })).toEqual(added);
    } finally {
      await fixture.close();
    }
  });

  it('are answered without an address while the cluster is away', async () => {
    const fixture = await startFixture();
    try {
      const { id } = await fixture.create();
      await fixture.stopCluster();
      const { domain } = await fixture.execute(addDomain, { app: { id }, host: newHost() });
      expect(domain).toMatchObject({ state: 'pending', address: null });
      await fixture.startCluster();
    } finally {
      await fixture.close();
    }
  });
});

describe('domains where DOMAIN_VERIFY is off', () => {
  it('are verified at once', async () => {
    const fixture = await startFixture({ DOMAIN_VERIFY: 'off' });
    try {
      const app = await fixture.create();
      const answer = await fixture.execute(addDomain, { app: { id: app.id }, host: newHost() });
      expect(answer).toMatchObject({ version: 2, domain: { state: 'verified', address: '10.244.0.1' } });
      expect(await fixture.events(domainVerified, app.id)).toHaveLength(1);
      const other = fixture.execute(
        addDomain,
        { app: { id: (await fixture.create({}, lee)).id }, host: answer.domain.host },
        { actor: lee },
      );
      expect(await problemOf(other)).toMatchObject({ code: 'domain_taken' });
    } finally {
      await fixture.close();
    }
  });
});
