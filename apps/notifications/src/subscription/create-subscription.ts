import { randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import {
  type CreatedSubscription,
  createSubscription,
  CreateSubscription,
  type Envelope,
  problem,
  type SubscriptionId,
} from '@slipway/contracts';
import { Handles, Refusal, writerOf } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { generateSecret } from '../delivery/signature.js';
import { keepAddressOf } from '../mail/mail-addresses.js';
import { OutboundAgents } from '../outbound/outbound-agents.js';
import { judgeUrl } from './judge-url.js';
import { MAX_SUBSCRIPTIONS } from './subscription.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { nameTaken, orNameTaken } from './subscription.queries.js';
import { SubscriptionSecrets } from './subscription-secrets.js';
import { toSubscriptionView } from './subscription.view.js';

@Controller()
export class CreateSubscriptionHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly outbound: OutboundAgents,
    private readonly secrets: SubscriptionSecrets,
  ) {}

  @Handles(createSubscription)
  async handle(input: CreateSubscription, envelope: Envelope): Promise<CreatedSubscription> {
    const owner = writerOf(envelope);
    const { userId } = owner;
    const wrong = await judgeUrl(this.outbound, input.url);
    return this.inbox.once(createSubscription, envelope, async (tx) => {
      if (wrong) throw new Refusal(wrong);
      const subscriptions = tx.getRepository(SubscriptionEntity);
      // The constraint decides when two ask at once; a name that is taken is told before a limit that is reached.
      if (await subscriptions.existsBy({ userId, name: input.name })) throw nameTaken(input.name);
      // Creations at once may overshoot a little: the limit is there to bound what one event becomes.
      if ((await subscriptions.countBy({ userId })) >= MAX_SUBSCRIPTIONS) {
        const text = `You have ${MAX_SUBSCRIPTIONS} subscriptions, which is the most; delete one first.`;
        throw new Refusal(problem.quotaExceeded('subscription', text, { facts: { limit: MAX_SUBSCRIPTIONS } }));
      }
      const id: SubscriptionId = randomUUID();
      const secret = input.secret ?? generateSecret();
      const now = new Date();
      const row: SubscriptionEntity = {
        id,
        userId,
        name: input.name,
        url: input.url,
        secret: this.secrets.encrypt(id, secret),
        previousSecret: null,
        previousSecretExpiresAt: null,
        types: input.types,
        active: true,
        disabledReason: null,
        failingSince: null,
        createdAt: now,
        updatedAt: now,
      };
      await orNameTaken(input.name, () => subscriptions.insert(row));
      await keepAddressOf(tx, owner);
      return { subscription: toSubscriptionView(row), secret };
    });
  }
}
