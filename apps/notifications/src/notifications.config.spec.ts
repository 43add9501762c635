import { randomBytes } from 'node:crypto';

import { generateSealKeyPair } from '@slipway/messaging';
import { loadConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { smtpOptions } from './mail/mail-transport.js';
import { NotificationsConfig, publicUrlOf } from './notifications.config.js';

const required = {
  DATABASE_URL: 'x',
  NATS_URL: 'x',
  ENCRYPTION_KEYS: `1:${randomBytes(32).toString('base64')}`,
  SEAL_PRIVATE_KEY: generateSealKeyPair().privateKey,
};
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

  it('leads links to the port of the gateway on this machine, unless PUBLIC_URL says where', () => {
    expect(publicUrlOf(load({}))).toBe('http://localhost:3000');
    expect(publicUrlOf(load({ PORT: '8080' }))).toBe('http://localhost:8080');
    expect(publicUrlOf(load({ PORT: '8080', PUBLIC_URL: 'https://e.example.org' }))).toBe('https://e.example.org');
  });

  it('takes the server of MAILTRAP_* when there is no AWS_SES_SMTP_HOST; 465 is TLS, 587 or a user name asks for it', () => {
    const mailtrap = { MAILTRAP_SMTP_HOST: 'trap', MAILTRAP_SMTP_PORT: '2525', MAILTRAP_USERNAME: 'k' };
    expect(smtpOptions(load({}))).toBeNull();
    expect(smtpOptions(load(mailtrap))).toMatchObject({ host: 'trap', port: 2525, secure: false, requireTLS: true });
    const ses = { ...mailtrap, AWS_SES_SMTP_HOST: 'ses', AWS_SES_SMTP_PORT: '465' };
    expect(smtpOptions(load(ses))).toMatchObject({ host: 'ses', port: 465, secure: true });
    expect(smtpOptions(load(ses))).not.toHaveProperty('auth');
    const relay = (port: string) => smtpOptions(load({ AWS_SES_SMTP_HOST: 'relay', AWS_SES_SMTP_PORT: port }));
    expect(relay('')).toMatchObject({ port: 587, secure: false, requireTLS: true });
    expect(relay('25')).toMatchObject({ port: 25, secure: false, requireTLS: false });
  });

  it.each([
    ['WEBHOOK_URL', 'ftp://example.org'],
    ['WEBHOOK_URL', 'http://kim:secret@example.org'],
    ['WEBHOOK_EVENTS', 'deployment_exploded'],
    ['OUTBOUND_ALLOW', 'everything'],
    ['OUTBOUND_ALLOW', '10.0.0.0'],
    ['AWS_SES_SMTP_PORT', '70000'],
    ['EMAIL_FROM', 'nobody'],
    ['PUBLIC_URL', 'engine.example.org'],
    ['DOMAIN_SUFFIX', 'a..b'],
    ['ENCRYPTION_KEYS', 'x'],
    ['SEAL_PRIVATE_KEY', 'x'],
  ])('refuses %s=%s, naming the variable', (variable, value) => {
    expect(() => load({ [variable]: value })).toThrow(variable);
  });
});
