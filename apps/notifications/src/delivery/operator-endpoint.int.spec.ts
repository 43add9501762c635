import { appDeleted } from '@slipway/contracts';
import { type Harness, waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import type { Receiver } from '../fixture/notifications.js';
import { isSigned, useWebhooks, type WebhookOwner } from '../fixture/webhook-owner.js';

const OPERATOR_SECRET = 'the operator’s';

describe('deliveries to WEBHOOK_URL', () => {
  let harness: Harness;
  let receiver: Receiver;
  let kim: WebhookOwner;
  useWebhooks(
    (given) => ({ harness, receiver, kim } = given),
    (to) => ({
      WEBHOOK_URL: to.at('/operator'),
      WEBHOOK_SECRET: OPERATOR_SECRET,
      WEBHOOK_EVENTS: 'deployment_deleted',
    }),
  );

  const ofApp = () => receiver.received('/operator').filter(({ body }) => body.deployment_id === kim.app.id);

  it('tell of every user’s deployments the documented types and those named, signed with WEBHOOK_SECRET', async () => {
    await kim.tell('pending', 'deploying');
    await kim.tell('deploying', 'running');
    await kim.tell('running', 'stopped');
    await kim.tell('running', 'failed');
    await harness.deliver(harness.message(appDeleted, { app: kim.app }));
    await waitFor(() => ofApp().length === 4);
    expect(
      ofApp()
        .map(({ body }) => body.type)
        .sort(),
    ).toEqual(['deployment_completed', 'deployment_deleted', 'deployment_failed', 'deployment_started']);
    expect(ofApp().map(({ body }) => body.user_id)).toEqual(Array.from({ length: 4 }, () => kim.actor.userId));
    for (const one of ofApp()) expect(isSigned(one, Buffer.from(OPERATOR_SECRET))).toBe(true);
  });
});
