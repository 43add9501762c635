import { describe, expect, it } from 'vitest';

import { domainName } from './domain-name.js';

const given = { suffix: 'apps.example.org', reserved: ['www', 'console.example.net'] };
const label = (length: number): string => 'a'.repeat(length);
const long = [label(63), label(63), label(63), label(61)].join('.');

describe('domainName', () => {
  it.each([
    ['shop.example.net', 'shop.example.net'],
    ['Shop.EXAMPLE.net', 'shop.example.net'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['ａ.example', 'a.example'],
    ['a。b.example', 'a.b.example'],
    ['www.example.com', 'www.example.com'],
    ['apps.example.org.example.net', 'apps.example.org.example.net'],
    ['notapps.example.org', 'notapps.example.org'],
    ['4.example.net', '4.example.net'],
    [long, long],
  ])('takes %s as %s', (typed, host) => {
    expect(domainName(typed, given)).toEqual({ host });
  });

  it.each([
    ['', 'length'],
    [`${long}a`, 'length'],
    // Short as it is typed, and too long in ASCII.
    [[...Array(8).fill('ü'.repeat(26)), 'de'].join('.'), 'length'],
    ['*.example.net', 'characters'],
    ['shop_1.example.net', 'characters'],
    ['shop..example.net', 'characters'],
    ['.example.net', 'characters'],
    ['example.net.', 'characters'],
    ['-shop.example.net', 'characters'],
    ['shop-.example.net', 'characters'],
    [`${label(64)}.example.net`, 'characters'],
    ['sh%6fp.example.net', 'characters'],
    ['shop.example.net:8080', 'characters'],
    ['https://shop.example.net', 'characters'],
    ['shop .example.net', 'characters'],
    ['\u00ad.example.net', 'characters'],
    ['192.0.2.1', 'reserved'],
    ['127.1', 'reserved'],
    ['0x7f.1', 'reserved'],
    ['999.999.1.1', 'reserved'],
    ['１２７.0.0.1', 'reserved'],
    ['１２７.０.０.１', 'reserved'],
    ['::1', 'reserved'],
    ['localhost', 'reserved'],
    ['test', 'reserved'],
    ['example.com', 'reserved'],
    ['Shop.Localhost', 'reserved'],
    ['printer.local', 'reserved'],
    ['db.internal', 'reserved'],
    ['apps.example.org', 'reserved'],
    ['shop.apps.example.org', 'reserved'],
    ['console.example.net', 'reserved'],
    ['local', 'two_labels'],
    ['www', 'two_labels'],
  ])('refuses %j for %s', (typed, rule) => {
    expect(domainName(typed, given)).toMatchObject({
      kind: 'invalid',
      noun: 'domain',
      issues: [{ path: 'host', rule, kind: 'value' }],
    });
  });
});
