import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';

import { AddressFilter, AddressRefusedError, type ResolveAll } from './address-filter.js';
import { connectorBehind } from './connector.js';
import { INTERNAL_NETWORKS } from './networks.js';

const strict = new AddressFilter([]);
const lenient = new AddressFilter([...INTERNAL_NETWORKS, '0.0.0.0/0', '::/0']);

const NEVER = [
  '169.254.169.254',
  '169.254.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:0ec2:0:0:0:0:0:254',
  'fd20:ce::254',
  'fe80::1',
  'fe80::1%eth0',
  '2606:2800:220:1::1%eth0',
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '224.0.0.1',
  '255.255.255.255',
  '240.0.0.1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:93.184.216.34',
  '::ffff:7f00:1',
  '::ffff:0:127.0.0.1',
  '::127.0.0.1',
  '::93.184.216.34',
  '::7f00:1',
  '::a9fe:a9fe',
  '4000::1',
  '64:ff9b::7f00:1',
  '64:ff9b::93.184.216.34',
  '64:ff9b:1::10.0.0.1',
  '2002:7f00:1::',
  '2001::1',
  '100::1',
  // No addresses to a socket, though a lenient parser reads them as some.
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  'example.com',
  '',
];

/** Names resolve to these addresses, one list per look-up. */
function resolving(...answers: string[][]): ResolveAll {
  return (_host, _options, callback) => {
    const found = answers.shift();
    if (!found) callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }), []);
    else callback(null, found.map(toLookupAddress));
  };
}

function toLookupAddress(address: string): LookupAddress {
  return { address, family: address.includes(':') ? 6 : 4 };
}

describe('AddressFilter.allows', () => {
  it.each(NEVER)('S11 never allows %s', (address) => {
    expect(lenient.allows(address)).toBe(false);
    expect(strict.allows(address)).toBe(false);
  });

  it.each(['127.0.0.1', '127.8.8.8', '::1', '10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd12:3456::1'])(
    'S11 allows the internal address %s only by configuration',
    (address) => {
      expect(strict.allows(address)).toBe(false);
      expect(lenient.allows(address)).toBe(true);
    },
  );

  it.each(['93.184.216.34', '172.32.0.1', '2606:2800:220:1::1'])('allows the public address %s', (address) => {
    expect(strict.allows(address)).toBe(true);
  });

  it('allows of the internal networks those that are named', () => {
    const filter = new AddressFilter(['10.1.0.0/16', 'loopback']);
    expect(['10.1.2.3', '10.2.2.3', '::1', '192.168.0.1'].map((address) => filter.allows(address))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('AddressFilter.lookup', () => {
  const lookUp = (filter: AddressFilter, all: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      filter.lookup('hook.example.com', { all }, (error, address) => (error ? reject(error) : resolve(address)));
    });

  it('S11 judges the addresses of every look-up anew, so a name that changes its mind gets nowhere', async () => {
    const filter = new AddressFilter([], resolving(['93.184.216.34'], ['169.254.169.254']));
    expect(await lookUp(filter, false)).toBe('93.184.216.34');
    await expect(lookUp(filter, false)).rejects.toThrow(AddressRefusedError);
  });

  it('S11 hands on only the allowed ones of several addresses', async () => {
    const filter = new AddressFilter(
      [],
      resolving(['127.0.0.1', '93.184.216.34', '::1'], ['10.0.0.1', '::ffff:93.184.216.34']),
    );
    expect(await lookUp(filter, true)).toEqual([{ address: '93.184.216.34', family: 4 }]);
    await expect(lookUp(filter, true)).rejects.toThrow('no address of "hook.example.com" is allowed');
  });
});

describe('AddressFilter', () => {
  it('asks once for those who look for a name at the same time, and holds up nobody who looks for another', async () => {
    const asked: { name: string; answer: () => void }[] = [];
    const filter = new AddressFilter([], (name, _, callback) => {
      asked.push({ name, answer: () => callback(null, [{ address: '93.184.216.34', family: 4 }]) });
    });
    const lookUp = (name: string, family = 4): Promise<unknown> =>
      new Promise((resolve) => filter.lookup(name, { family }, (error, address) => resolve(error ?? address)));
    const silent = [lookUp('silent.example.com'), lookUp('silent.example.com')];
    const other = lookUp('other.example.com');
    expect(asked.map(({ name }) => name)).toEqual(['silent.example.com', 'other.example.com']);
    asked[1]?.answer();
    expect(await other).toBe('93.184.216.34');
    asked[0]?.answer();
    expect(await Promise.all(silent)).toEqual(['93.184.216.34', '93.184.216.34']);
    void lookUp('silent.example.com');
    expect(asked).toHaveLength(3);
    // Another kind of addresses is another question.
    void lookUp('silent.example.com', 6);
    expect(asked).toHaveLength(4);
    const verdicts = [filter.refuses('new.example.com'), filter.refuses('new.example.com')];
    expect(asked).toHaveLength(5);
    asked[4]?.answer();
    expect(await Promise.all(verdicts)).toEqual([false, false]);
  });
});

describe('AddressFilter.refuses', () => {
  const hostOf = (url: string): string => new URL(url).hostname;

  // As a URL spells them: decimal, hex, octal and short forms have become plain by then.
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127.0.0.1./',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://0/',
    'http://１２７.0.0.1/',
  ])('S11 refuses %s', async (url) => {
    expect(await strict.refuses(hostOf(url))).toBe(true);
  });

  it('judges a name by its addresses, and lets one pass that has none', async () => {
    const answers = [['10.0.0.1'], ['10.0.0.1', '93.184.216.34'], []];
    const filter = new AddressFilter([], resolving(...answers));
    const verdicts = [];
    for (let index = 0; index < 4; index += 1) verdicts.push(await filter.refuses('hook.example.com'));
    expect(verdicts).toEqual([true, false, false, false]);
  });
});

describe('connectorBehind', () => {
  it('S11 connects to what a name resolves to at each connect, and to nothing that is not allowed', async () => {
    let count = 0;
    const server = createServer((_, response) => {
      count += 1;
      response.end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://hook.example.com:${port}/`;
    // Each request connects anew.
    const agentBehind = (filter: AddressFilter): Agent =>
      new Agent({ connect: connectorBehind(filter), pipelining: 0 });
    const rebinding = agentBehind(new AddressFilter(['loopback'], resolving(['127.0.0.1'], ['169.254.169.254'])));
    const closed = agentBehind(new AddressFilter([], resolving(['127.0.0.1'])));
    const refused = { code: 'ERR_ADDRESS_REFUSED' };
    try {
      expect((await request(url, { dispatcher: rebinding })).statusCode).toBe(200);
      await expect(request(url, { dispatcher: rebinding })).rejects.toMatchObject(refused);
      await expect(request(url, { dispatcher: closed })).rejects.toMatchObject(refused);
      // Addresses are not looked up, so they are judged beside the look-up.
      for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', '[::1]']) {
        const direct = request(`http://${host}:${port}/`, { dispatcher: closed });
        await expect(direct, host).rejects.toMatchObject(refused);
      }
      expect(count).toBe(1);
    } finally {
      server.closeAllConnections();
      server.close();
      await Promise.all([rebinding.destroy(), closed.destroy()]);
    }
  });
});
