import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

import type { OutboundAgents } from '../outbound/outbound-agents.js';
import { isWebhookUrl } from './subscription.js';

/** Before any transaction, since names are looked up. @throws Refusal `invalid`, rule `url` */
export async function acceptUrl(outbound: OutboundAgents, url: string): Promise<void> {
  if (!isWebhookUrl(url)) throw refused('It has to be an http or https URL without user and password.');
  if (await outbound.refuses(new URL(url).hostname)) {
    throw refused(
      'Its host is at an address that webhooks may not go to. Use a public one, or ask for OUTBOUND_ALLOW.',
    );
  }
}

function refused(why: string): Refusal {
  return new Refusal(
    problem.invalid('subscription', `This URL cannot be a webhook's. ${why}`, {
      issues: [{ path: 'url', rule: 'url', kind: 'value' }],
    }),
  );
}
