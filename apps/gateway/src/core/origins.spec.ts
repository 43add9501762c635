import { describe, expect, it } from 'vitest';

import { LOOPBACK, Origins } from './origins.js';

const origins = new Origins('https://slipway.example.org/', ['https://panel.example.org']);

describe('Origins', () => {
  it.each([
    ['https://slipway.example.org', true],
    ['https://panel.example.org', true],
    ['http://panel.example.org', false],
    ['https://panel.example.org:8443', false],
    ['https://panel.example.org.evil.example', false],
    ['null', false],
    ['file:///tmp/page.html', false],
    ['', false],
  ])('judges %s: %s', (origin, allowed) => expect(origins.allows(origin, 'gateway:3000')).toBe(allowed));

  it('takes a page of the host that was asked as its own', () => {
    expect(origins.allows('http://10.0.0.7:3000', '10.0.0.7:3000')).toBe(true);
    expect(origins.allows('http://10.0.0.7:3001', '10.0.0.7:3000')).toBe(false);
    expect(origins.allows('http://gateway.local', 'Gateway.Local')).toBe(true);
  });

  it('admits loopback pages of any port only when told so', () => {
    const local = new Origins('http://localhost:3000', [LOOPBACK]);
    for (const page of ['http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]:1', 'http://app.localhost']) {
      expect(local.allows(page, undefined)).toBe(true);
      expect(origins.allows(page, undefined)).toBe(false);
    }
    expect(local.allows('http://localhost.evil.example', undefined)).toBe(false);
  });
});
