import { generateSealKeyPair } from '@slipway/messaging';
import { readConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { GatewayConfig, publicUrlOf } from './gateway.config.js';

const required = { NATS_URL: 'nats://x', SEAL_PUBLIC_KEYS: `identity:${generateSealKeyPair().publicKey}` };
const read = (env: Record<string, string>) => readConfig(GatewayConfig, { ...required, ...env }, false);
const wrong = (env: Record<string, string>) => read(env).issues.map(({ variable }) => variable);

describe('GatewayConfig', () => {
  it('names every wrong variable at once, also what only a later part would notice', () => {
    const env = { SEAL_PUBLIC_KEYS: 'identity', FRONTEND_PATH: '/none', LOGS_FORMAT: 'x', TRUSTED_PROXIES: 'foo' };
    expect(wrong(env)).toEqual(['SEAL_PUBLIC_KEYS', 'TRUSTED_PROXIES', 'LOGS_FORMAT', 'FRONTEND_PATH']);
    expect(read({ FRONTEND_PATH: '/none' }).issues[0]?.text).toMatch(/holds no index\.html, but is "\/none"/);
  });

  it.each([
    ['TRUSTED_PROXIES', '10.0.0.1/0'],
    ['TRUSTED_PROXIES', '10.0.0.1/33'],
    ['TRUSTED_PROXIES', '10.0.0.1, proxy.example.org'],
    ['TRUSTED_PROXIES', 'fd00::/129'],
    ['CORS_ORIGINS', 'panel.example.org'],
    ['CORS_ORIGINS', 'https://panel.example.org, *'],
    ['CORS_ORIGINS', 'ftp://panel.example.org'],
    ['REQUEST_HASH_SECRET', 'é'.repeat(15)],
  ])('refuses %s=%s', (variable, value) => {
    expect(wrong({ [variable]: value })).toEqual([variable]);
  });

  it.each([
    ['TRUSTED_PROXIES', '10.0.0.1, 10.1.0.0/16, ::1, fd00::/8, loopback, uniquelocal'],
    ['CORS_ORIGINS', 'https://panel.example.org, http://localhost:5173, loopback'],
    ['REQUEST_HASH_SECRET', 'é'.repeat(16)],
  ])('takes %s=%s', (variable, value) => {
    expect(wrong({ [variable]: value })).toEqual([]);
  });

  it('is reached at its port of this machine, unless PUBLIC_URL says where', () => {
    expect(publicUrlOf(read({ PORT: '8080' }).config)).toBe('http://localhost:8080');
    expect(publicUrlOf(read({ PUBLIC_URL: 'https://engine.example.org' }).config)).toBe('https://engine.example.org');
  });
});
