import type { FeedEvent } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { replayGap, toFrame, toSentFrame } from './feed.projection.js';

const event = (fact: string, fields: Record<string, unknown> = {}): FeedEvent => ({
  id: '4711',
  previousId: '4710',
  fact,
  appId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  appName: 'shop',
  time: '2026-03-01T10:00:07.000Z',
  fields,
});
const text = (fact: string, fields?: Record<string, unknown>) => JSON.stringify(toFrame(event(fact, fields)));
const head = (type: string) =>
  `{"id":"4711","type":"${type}","deployment_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","timestamp":"2026-03-01T10:00:07Z","data":`;
const both = '"deployment_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","app_name":"shop"';

describe('toSentFrame', () => {
  it('is the JSON of the frame, made once for all that are handed the same event', () => {
    const [one, other] = [event('deployments.app.created'), event('deployments.app.created')];
    const sent = toSentFrame(one);
    const json = JSON.stringify(toFrame(one));
    expect(sent?.message.toString()).toBe(json);
    expect(sent?.serverSentEvent).toBe(`id: 4711\nevent: deployment_created\ndata: ${json}\n\n`);
    expect(toSentFrame(one)).toBe(sent);
    expect(toSentFrame(other)).not.toBe(sent);
    expect(toSentFrame(event('deployments.app.deleting'))).toBeUndefined();
  });
});

describe('toFrame', () => {
  it('is the documented frame of a scale, byte by byte', () => {
    expect(text('deployments.app.scaled', { old: 2, new: 5 })).toBe(
      `${head('deployment_scaled')}{"old_replicas":2,"new_replicas":5,"type":"deployment_scaled","data":{${both},"old_replicas":2,"new_replicas":5}}}`,
    );
  });

  it('is the documented frame of a status, byte by byte', () => {
    const fields = { from: 'deploying', to: 'running', reason: '', message: '', url: 'https://shop.apps.example.com' };
    const status = '"status":"running","url":"https://shop.apps.example.com","error_message":null';
    expect(text('deployments.app.phase-changed', fields)).toBe(
      `${head('deployment_status_changed')}{${status},"type":"deployment_status_changed","data":{${both},${status}}}}`,
    );
  });

  it.each([
    [{ after: 'scale', readyOnce: true }, 'starting'],
    [{ after: null, readyOnce: true }, 'starting'],
    [{ after: 'start', readyOnce: false }, 'deploying'],
  ])('shows the same status as a read of the deployment: %j deploys as %s', (fields, status) => {
    const changed = event('deployments.app.phase-changed', { from: 'stopped', to: 'deploying', ...fields });
    expect(toFrame(changed)?.data).toMatchObject({ status });
  });

  it.each(['verified', 'failed', 'removed'])(
    'is the documented frame of a domain that is %s, byte by byte',
    (status) => {
      const fields = { domain: { id: 'd', host: 'shop.example.net', reason: '' } };
      const told = `"domain":"shop.example.net","status":"${status}"`;
      expect(text(`deployments.domain.${status}`, fields)).toBe(
        `${head('deployment_domain_changed')}{${told},"type":"deployment_domain_changed","data":{${both},${told}}}}`,
      );
    },
  );

  it('has no frame for a domain that was added', () => {
    expect(toFrame(event('deployments.domain.added', { domain: { host: 'shop.example.net' } }))).toBeUndefined();
  });

  it('tells why something failed', () => {
    const fields = { from: 'deploying', to: 'failed', reason: 'ImagePullBackOff', message: 'no such image' };
    expect(toFrame(event('deployments.app.phase-changed', fields))?.data).toMatchObject({
      status: 'failed',
      url: null,
      error_message: 'ImagePullBackOff: no such image',
    });
  });

  it.each([
    [['image'], 'Changed image'],
    [['image', 'variables', 'health_check'], 'Changed image, environment variables and health check'],
    [[], 'Changed'],
  ])('words the changes %j', (changes, sentence) => {
    expect(toFrame(event('deployments.app.updated', { changes, revision: 2 }))?.data).toMatchObject({
      app_name: 'shop',
      changes: sentence,
      revision: 2,
    });
  });

  it('marks a test beside the type', () => {
    const tested = text('deployments.app.created', { test: true });
    expect(tested).toContain('"type":"deployment_created","test":true,"deployment_id":');
    expect(tested).toContain(`"data":{"app_name":"shop","type":"deployment_created","data":{${both}}}`);
  });

  it('words a restart, which makes no revision', () => {
    expect(toFrame(event('deployments.app.restarted', { revision: 3 }))).toMatchObject({
      type: 'deployment_updated',
      data: { app_name: 'shop', changes: 'Restarted', revision: 3 },
    });
  });

  it('names the deployment once where it is a field of the type', () => {
    expect(text('deployments.app.deleted')).toBe(
      `${head('deployment_deleted')}{"app_name":"shop","type":"deployment_deleted","data":{${both}}}}`,
    );
  });

  it('has no frame for a fact that the dialect does not know', () => {
    expect(toFrame(event('deployments.app.deleting'))).toBeUndefined();
  });
});

describe('replayGap', () => {
  it('is the documented frame', () => {
    expect(JSON.stringify(replayGap(new Date('2026-03-01T10:00:07Z')))).toBe(
      '{"id":null,"type":"replay_gap","deployment_id":null,"timestamp":"2026-03-01T10:00:07Z","data":{}}',
    );
  });
});
