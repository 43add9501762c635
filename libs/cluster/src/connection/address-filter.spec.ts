import dns, { type LookupAddress } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

import { afterEach, describe, expect, it } from 'vitest';

import { addressFilter, AddressRefusedError } from './address-filter.js';

const ALWAYS_REFUSED = [
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
  '::127.0.0.1',
  '::7f00:1',
  '::a9fe:a9fe',
  '4000::1',
  '::93.184.216.34',
  '64:ff9b::7f00:1',
  '64:ff9b::93.184.216.34',
  '64:ff9b:1::10.0.0.1',
  '2002:7f00:1::',
  '2001::1',
  '::ffff:0:127.0.0.1',
  '100::1',
  // No addresses to a socket, though a lenient parser reads them as some.
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  'example.com',
  '',
];

describe('addressFilter', () => {
  it.each(ALWAYS_REFUSED)('S11 refuses %s whatever the policy', (address) => {
    expect(addressFilter({ loopback: true, private: true }).check(address)).toEqual({ refused: expect.any(String) });
  });

  it.each(['127.0.0.1', '127.8.8.8', '::1'])('S11 lets loopback %s through only when the policy says so', (address) => {
    expect(addressFilter({ private: true }).check(address)).toEqual({ refused: expect.stringContaining('loopback') });
    expect(addressFilter({ loopback: true }).check(address)).toBe(true);
  });

  it.each(['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd12:3456::1'])(
    'S11 lets private %s through only when the policy says so',
    (address) => {
      expect(addressFilter({ loopback: true }).check(address)).toEqual({ refused: expect.stringContaining('private') });
      expect(addressFilter({ private: true }).check(address)).toBe(true);
    },
  );

  it.each(['93.184.216.34', '172.32.0.1', '2606:2800:220:1::1'])('lets public %s through', (address) => {
    expect(addressFilter().check(address)).toBe(true);
  });
});

describe('addressFilter().lookup', () => {
  const original = dns.lookup;
  afterEach(() => {
    dns.lookup = original;
    syncBuiltinESMExports();
  });

  /** Names resolve to these addresses, one list per look-up. */
  function resolveTo(...answers: string[][]): void {
    const fake = (_host: string, _options: unknown, callback: (error: null, found: LookupAddress[]) => void): void => {
      const found = answers.shift() ?? [];
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    dns.lookup = fake as unknown as typeof dns.lookup;
    syncBuiltinESMExports();
  }

  function lookUp(all: boolean): Promise<unknown> {
    return new Promise((resolve, reject) => {
      addressFilter().lookup('rebinding.example.com', { all }, (error, address) =>
        error ? reject(error) : resolve(address),
      );
    });
  }

  it('S11 judges the addresses of every look-up anew, so a name that changes its mind gets nowhere', async () => {
    resolveTo(['93.184.216.34'], ['169.254.169.254']);
    expect(await lookUp(false)).toBe('93.184.216.34');
    await expect(lookUp(false)).rejects.toThrow(AddressRefusedError);
  });

  it('S11 hands on only the allowed ones of several addresses', async () => {
    resolveTo(['127.0.0.1', '93.184.216.34', '::1'], ['10.0.0.1', '::ffff:93.184.216.34']);
    expect(await lookUp(true)).toEqual([{ address: '93.184.216.34', family: 4 }]);
    await expect(lookUp(true)).rejects.toThrow('the address of "rebinding.example.com" is not allowed');
  });
});
