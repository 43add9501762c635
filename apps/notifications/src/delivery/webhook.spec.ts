import { EnvironmentKind } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { bodyOf, testBodyOf, webhookIdOf, webhookTypesOf } from './webhook.js';

const changed = (from: string, to: string, after: string | null = null) => ({
  name: 'deployments.app.phase-changed',
  fields: { from, to, after, reason: '', message: '', url: null },
});
const fact = (name: string) => ({ name: `deployments.app.${name}`, fields: {} });
const domain = (name: string) => ({
  name: `deployments.domain.${name}`,
  fields: { domain: { host: 'shop.example.net' } },
});

describe('webhookTypesOf', () => {
  it.each([
    [fact('created'), []],
    [fact('updated'), ['deployment_updated']],
    [fact('restarted'), ['deployment_restarted']],
    [fact('scaled'), ['deployment_scaling']],
    [fact('deleting'), []],
    [fact('deleted'), ['deployment_deleted']],
    [domain('added'), []],
    [domain('verified'), ['deployment_domain_verified']],
    [domain('failed'), []],
    [domain('removed'), []],
    [changed('pending', 'deploying'), ['deployment_started']],
    [changed('running', 'updating'), ['deployment_started']],
    [changed('deploying', 'running'), ['deployment_completed']],
    [changed('updating', 'running'), ['deployment_completed']],
    [changed('failed', 'running'), ['deployment_completed']],
    [changed('pending', 'running'), ['deployment_completed']],
    [changed('scaling', 'running', 'scale'), ['deployment_scaled']],
    [changed('failed', 'running', 'scale'), ['deployment_completed', 'deployment_scaled']],
    [changed('scaling', 'running'), []],
    [changed('stopping', 'running'), []],
    [changed('deploying', 'failed'), ['deployment_failed']],
    [changed('running', 'failed'), ['deployment_failed']],
    [changed('scaling', 'failed', 'scale'), ['deployment_failed', 'deployment_scale_failed']],
    [changed('deploying', 'failed', 'start'), ['deployment_failed', 'deployment_start_failed']],
    [changed('stopping', 'failed', 'stop'), ['deployment_failed', 'deployment_stop_failed']],
    [changed('stopping', 'stopped', 'stop'), ['deployment_stopped']],
    [changed('stopping', 'stopped', 'scale'), ['deployment_stopped', 'deployment_scaled']],
    [changed('running', 'scaling', 'scale'), []],
    [changed('running', 'stopping', 'stop'), []],
    [changed('stopped', 'pending', 'start'), []],
  ])('%j is %j', (given, types) => {
    expect(webhookTypesOf(given)).toEqual(types);
  });
});

describe('webhookIdOf', () => {
  const event = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';

  it('is the id of the event for its main type', () => {
    expect(webhookIdOf(event, 'deployment_failed', true)).toBe(event);
  });

  it('is another UUID for a further type of the event, the same each time', () => {
    const id = webhookIdOf(event, 'deployment_scale_failed', false);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(webhookIdOf(event, 'deployment_scale_failed', false)).toBe(id);
    expect(webhookIdOf(event, 'deployment_stop_failed', false)).not.toBe(id);
  });
});

describe('bodyOf', () => {
  const app = {
    id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    name: 'shop',
    environment: {
      id: '16fd2706-8baf-433b-82eb-8c7fada847da',
      name: 'shop',
      namespace: 'shop',
      kind: EnvironmentKind.dedicated,
    },
    ownerId: '0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b',
    teams: [],
    origin: 'container-engine' as const,
    version: 1,
  };

  it('is the golden delivery, byte for byte', () => {
    const time = new Date('2026-03-01T10:00:07.000Z');
    expect(bodyOf({ app, time }, 'deployment_completed', 'https://shop.apps.example.com')).toBe(
      '{"deployment_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","status":"completed","type":"deployment_completed","timestamp":"2026-03-01T10:00:07Z","app_name":"shop","user_id":"0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b","url":"https://shop.apps.example.com"}',
    );
  });

  it('names the rest of the type as status, milliseconds when there are some, and no url before there is one', () => {
    const time = new Date('2026-03-01T10:00:07.250Z');
    expect(JSON.parse(bodyOf({ app, time }, 'deployment_scale_failed', null))).toMatchObject({
      status: 'scale_failed',
      timestamp: '2026-03-01T10:00:07.250Z',
      url: null,
    });
  });
});

describe('testBodyOf', () => {
  it('is the documented body, which is of no deployment', () => {
    const [user, webhook] = ['0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b', '16fd2706-8baf-433b-82eb-8c7fada847da'];
    expect(testBodyOf(user, webhook, new Date('2026-03-01T10:00:07.000Z'))).toBe(
      `{"event":"webhook.test","timestamp":"2026-03-01T10:00:07Z","data":{"message":"This is a test of your webhook","user_id":"${user}","webhook_id":"${webhook}"}}`,
    );
  });
});
