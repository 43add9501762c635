import { loadConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { NotificationsConfig } from './notifications.config.js';

const required = { DATABASE_URL: 'x', NATS_URL: 'x', ENCRYPTION_KEYS: 'x', SEAL_PRIVATE_KEY: 'x' };
const load = (env: Record<string, string>) => loadConfig(NotificationsConfig, { ...required, ...env });

describe('NotificationsConfig', () => {
  it('sends nothing to an operator and nothing to internal networks unless told to', () => {
    const { webhookUrl, webhookSecret, webhookEvents, outboundAllow } = load({});
    expect({ webhookUrl, webhookSecret, webhookEvents, outboundAllow }).toEqual({
      webhookUrl: undefined,
      webhookSecret: undefined,
      webhookEvents: [],
      outboundAllow: [],
    });
  });

  it('takes the variables of webhooks', () => {
    const env = {
      WEBHOOK_URL: 'http://10.0.0.7/hook',
      WEBHOOK_SECRET: 's',
      WEBHOOK_EVENTS: 'deployment_stopped, all',
      OUTBOUND_ALLOW: 'loopback,10.1.0.0/16',
    };
    expect(load(env)).toMatchObject({
      webhookUrl: 'http://10.0.0.7/hook',
      webhookSecret: 's',
      webhookEvents: ['deployment_stopped', 'all'],
      outboundAllow: ['loopback', '10.1.0.0/16'],
    });
  });

  it.each([
    ['WEBHOOK_URL', 'ftp://example.org'],
    ['WEBHOOK_URL', 'http://kim:secret@example.org'],
    ['WEBHOOK_EVENTS', 'deployment_exploded'],
    ['OUTBOUND_ALLOW', 'everything'],
    ['OUTBOUND_ALLOW', '10.0.0.0'],
  ])('refuses %s=%s, naming the variable', (variable, value) => {
    expect(() => load({ [variable]: value })).toThrow(variable);
  });
});
