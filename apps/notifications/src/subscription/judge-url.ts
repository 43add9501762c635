import { type Problem, problem } from '@slipway/contracts';

import type { OutboundAgents } from '../outbound/outbound-agents.js';
import { isWebhookUrl } from './subscription.js';

/** What is wrong with a URL, rule `url`; null when nothing is. To be asked before the transaction, since names are looked up. */
export async function judgeUrl(outbound: OutboundAgents, url: string): Promise<Problem | null> {
  if (!isWebhookUrl(url)) return wrong('It has to be an http or https URL without user and password.');
  if (await outbound.refuses(new URL(url).hostname)) {
    return wrong('Its host is at an address that webhooks may not go to. Use a public one, or ask for OUTBOUND_ALLOW.');
  }
  return null;
}

function wrong(why: string): Problem {
  return problem.invalid('subscription', `This URL cannot be a webhook's. ${why}`, {
    issues: [{ path: 'url', rule: 'url', kind: 'value' }],
  });
}
