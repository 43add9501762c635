import { type NameServer, startNameServer } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { DeploymentsConfig } from '../deployments.config.js';
import { TxtRecords } from './txt-records.js';

describe('TxtRecords', () => {
  let server: NameServer;
  let records: TxtRecords;
  beforeAll(async () => {
    server = await startNameServer();
    records = new TxtRecords(Object.assign(new DeploymentsConfig(), { domainResolvers: [server.address] }));
  });
  beforeEach(() => (server.silent = false));
  afterAll(() => server.close());

  it('finds all values of a name, and joins the strings of a long one', async () => {
    server.records.set('two.example.net', ['one', 'x'.repeat(600)]);
    expect(await records.at('two.example.net')).toEqual(['one', 'x'.repeat(600)]);
  });

  it('finds none at a name that is not there, nor at one without such records', async () => {
    server.records.set('other.example.net', []);
    expect(await records.at('absent.example.net')).toEqual([]);
    expect(await records.at('other.example.net')).toEqual([]);
  });

  it('throws when nobody answers', async () => {
    server.silent = true;
    await expect(records.at('silent.example.net')).rejects.toThrow('ETIMEOUT');
  }, 20_000);

  it('gives up after four seconds, however many servers are silent', async () => {
    const servers = await Promise.all(Array.from({ length: 3 }, () => startNameServer()));
    for (const one of servers) one.silent = true;
    const domainResolvers = servers.map(({ address }) => address);
    const many = new TxtRecords(Object.assign(new DeploymentsConfig(), { domainResolvers }));
    const startedAt = performance.now();
    await expect(many.at('silent.example.net')).rejects.toThrow('ETIMEOUT');
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(servers.every(({ asked }) => asked.length > 0)).toBe(true);
    await Promise.all(servers.map((one) => one.close()));
  }, 20_000);
});
