import { WEBHOOK_TYPES } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { Submitted } from './json-body.js';
import { CreateWebhook, UpdateWebhook } from './webhooks.dto.js';
import { acceptWebhook, acceptWebhookUpdate, toTestedWebhook, toTypes } from './webhooks.projection.js';

const URL = 'https://hooks.example.org/in';
const created = (body: object) =>
  acceptWebhook(new Submitted(CreateWebhook, { name: 'ops', url: URL, events: [], ...body }, []));
const updated = (body: object) => acceptWebhookUpdate('w', new Submitted(UpdateWebhook, body, []));

describe('toTypes', () => {
  it.each([
    [[], []],
    [['deployment_scale_failed'], ['deployment_scale_failed']],
    [['DeploymentScaleFailed', 'deployment-scale-failed'], ['deployment_scale_failed']],
    [
      ['deployment_failed', 'deployment_started'],
      ['deployment_failed', 'deployment_started'],
    ],
    [['deployment_failed', 'all'], [...WEBHOOK_TYPES]],
    [['All'], [...WEBHOOK_TYPES]],
  ])('reads %j', (events, types) => expect(toTypes(events)).toEqual(types));

  it('refuses each word that is none', () => {
    expect(() => toTypes(['all', 'deployment_exploded', 'deployment_failed', ''])).toThrow(
      expect.objectContaining({
        status: 422,
        details: expect.stringMatching(/^events\.1: must be one of .*; events\.3: /) as string,
      }),
    );
  });
});

describe('acceptWebhook', () => {
  it.each([undefined, null, ''])('has the core make a secret where %j is given', (secret) =>
    expect(created({ secret })).toEqual({ name: 'ops', url: URL, types: [] }),
  );

  it('takes the secret that is given', () => expect(created({ secret: 'x' })).toMatchObject({ secret: 'x' }));

  it.each(['ftp://example.org', 'example.org', 'https://kim@example.org', 'https://:x@example.org'])(
    'refuses the URL %s',
    (url) =>
      expect(() => created({ url })).toThrow(expect.objectContaining({ status: 400, details: 'url: must be a URL' })),
  );
});

describe('acceptWebhookUpdate', () => {
  it('carries only what was sent, and keeps the secret where an empty one is', () => {
    expect(updated({})).toEqual({ id: 'w' });
    expect(updated({ name: null, url: null, secret: '', events: null, is_active: null })).toEqual({ id: 'w' });
    expect(updated({ name: 'dev', url: URL, secret: 'x', events: ['all'], is_active: false })).toEqual({
      id: 'w',
      name: 'dev',
      url: URL,
      secret: 'x',
      types: [...WEBHOOK_TYPES],
      active: false,
    });
    expect(updated({ events: [] })).toEqual({ id: 'w', types: [] });
  });
});

describe('toTestedWebhook', () => {
  it.each([
    [{ success: true, statusCode: 204, error: null }, 'Webhook test successful'],
    [{ success: false, statusCode: 302, error: null }, 'Webhook returned status 302'],
    [{ success: false, statusCode: null, error: 'It took too long.' }, 'Failed to send request: It took too long.'],
  ])('words %j', (tested, message) => {
    expect(toTestedWebhook({ ...tested, responseTimeMs: 7 })).toEqual({
      success: tested.success,
      status_code: tested.statusCode,
      message,
      response_time_ms: 7,
    });
  });
});
