// Owns the attempt that a user asks for and waits for. It happens before the transaction that records how it went, so a retry of the
// command attempts again, under the same webhook-id, and answers what was recorded first.
import { Controller } from '@nestjs/common';
import { type Envelope, problem, SubscriptionRef, type TestedSubscription, testSubscription } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, Transactions } from '@slipway/persistence';

import { writerIdOf } from '../caller.js';
import { Endpoints } from '../delivery/endpoints.js';
import { postWebhook } from '../delivery/post-webhook.js';
import { testBodyOf } from '../delivery/webhook.js';
import { OutboundAgents } from '../outbound/outbound-agents.js';
import { findOwn } from './subscription.queries.js';

/** Attempts that one process makes for those who wait, and for one user of them. */
const AT_ONCE = 32;
const PER_USER = 4;
const NEVER = new AbortController().signal;

@Controller()
export class TestSubscriptionHandler {
  private readonly running = new Map<string, number>();

  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly endpoints: Endpoints,
    private readonly outbound: OutboundAgents,
  ) {}

  @Handles(testSubscription)
  async handle({ id }: SubscriptionRef, envelope: Envelope): Promise<TestedSubscription> {
    const userId = writerIdOf(envelope);
    await this.transactions.read((reader) => findOwn(reader, userId, id));
    const target = (await this.endpoints.targets([id])).get(id);
    if (!target) throw new Refusal(problem.notFound('subscription', `Subscription ${id} is switched off.`));
    const tested = await this.inTurn(userId, async () => {
      const message = { eventId: envelope.operationId, body: testBodyOf(userId, id, new Date()) };
      const startedAt = performance.now();
      const { statusCode, error } = await postWebhook(target, message, this.outbound.dispatcher('user'), NEVER);
      const responseTimeMs = Math.round(performance.now() - startedAt);
      return { success: error === null, statusCode, error: statusCode === null ? error : null, responseTimeMs };
    });
    return this.inbox.once(testSubscription, envelope, () => Promise.resolve(tested));
  }

  private async inTurn<T>(userId: string, attempt: () => Promise<T>): Promise<T> {
    const ofUser = this.running.get(userId) ?? 0;
    const ofAll = [...this.running.values()].reduce((sum, count) => sum + count, 0);
    if (ofUser >= PER_USER || ofAll >= AT_ONCE) {
      const text = 'Too many webhooks are being tested at this moment. Wait for their answers.';
      throw new Refusal(problem.rateLimited('subscription', text, { retryAfterMs: 1_000 }));
    }
    this.running.set(userId, ofUser + 1);
    try {
      return await attempt();
    } finally {
      const left = (this.running.get(userId) ?? 1) - 1;
      if (left > 0) this.running.set(userId, left);
      else this.running.delete(userId);
    }
  }
}
