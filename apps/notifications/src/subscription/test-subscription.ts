// Owns the attempt that a user asks for and waits for. It happens before the transaction that records how it went, so a retry of the
// command attempts again, under the same webhook-id, and answers what was recorded first.
import { Controller } from '@nestjs/common';
import {
  type Envelope,
  problem,
  type SubscriptionId,
  SubscriptionRef,
  type TestedSubscription,
  testSubscription,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, Transactions } from '@slipway/persistence';

import { userIdOf, writerIdOf } from '../caller.js';
import { Endpoints, type Target } from '../delivery/endpoints.js';
import { postWebhook } from '../delivery/post-webhook.js';
import { testBodyOf } from '../delivery/webhook.js';
import { OutboundAgents } from '../outbound/outbound-agents.js';
import { SubscriptionEntity } from './subscription.entity.js';
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
    const own = await this.transactions.read((reader) =>
      reader.getRepository(SubscriptionEntity).existsBy({ id, userId }),
    );
    const target = own ? (await this.endpoints.targets([id])).get(id) : undefined;
    const tested = target && (await this.inTurn(userId, () => this.attempt(target, id, envelope)));
    // What is refused is refused here, so that a repeated command has its recorded answer also when the webhook is gone by now.
    return this.inbox.once(testSubscription, envelope, async (tx) => {
      if (tested) return tested;
      await findOwn(tx, userId, id);
      throw new Refusal(problem.notFound('subscription', `Subscription ${id} is switched off.`));
    });
  }

  private async attempt(target: Target, id: SubscriptionId, envelope: Envelope): Promise<TestedSubscription> {
    const message = { eventId: envelope.operationId, body: testBodyOf(userIdOf(envelope), id, new Date()) };
    const startedAt = performance.now();
    const { statusCode, error } = await postWebhook(target, message, this.outbound.dispatcher('user'), NEVER);
    const responseTimeMs = Math.round(performance.now() - startedAt);
    return { success: error === null, statusCode, error: statusCode === null ? error : null, responseTimeMs };
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
