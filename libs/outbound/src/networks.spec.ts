import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';

import { isInNetwork, isNetwork, parseNetworks } from './networks.js';

describe('isNetwork', () => {
  it.each(['loopback', '10.0.0.0/8', '192.168.1.7/32', 'fd00::/8', '::1/128'])('takes %s', (word) => {
    expect(isNetwork(word)).toBe(true);
    expect(parseNetworks([word]).length).toBeGreaterThan(0);
  });

  it.each(['', 'private', '10.0.0.0', '10.0.0.0/33', '10.1/16', '0x0a000000/8', 'example.com/8', '10.0.0.0/', '/8'])(
    'refuses "%s"',
    (word) => {
      expect(isNetwork(word)).toBe(false);
    },
  );
});

describe('isInNetwork', () => {
  const isIn = (address: string, word: string): boolean =>
    parseNetworks([word]).some((network) => isInNetwork(ipaddr.parse(address), network));

  it.each([
    ['127.9.9.9', 'loopback', true],
    ['::1', 'loopback', true],
    ['10.1.2.3', 'loopback', false],
    ['10.1.2.3', '10.1.0.0/16', true],
    ['10.2.2.3', '10.1.0.0/16', false],
    ['fd00::1', '10.0.0.0/8', false],
  ])('%s in %s: %s', (address, word, expected) => {
    expect(isIn(address, word)).toBe(expected);
  });
});
