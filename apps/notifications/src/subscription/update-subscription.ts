import { Controller } from '@nestjs/common';
import { type Envelope, type SubscriptionView, updateSubscription, UpdateSubscription } from '@slipway/contracts';
import { Handles, Refusal, writerOf } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { endPending } from '../delivery/end-pending.js';
import { keepAddressOf } from '../mail/mail-addresses.js';
import { OutboundAgents } from '../outbound/outbound-agents.js';
import { judgeUrl } from './judge-url.js';
import { changed } from './subscription.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { lockOwn, orNameTaken, turnOf } from './subscription.queries.js';
import { SubscriptionSecrets } from './subscription-secrets.js';
import { toSubscriptionView } from './subscription.view.js';

@Controller()
export class UpdateSubscriptionHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly outbound: OutboundAgents,
    private readonly secrets: SubscriptionSecrets,
  ) {}

  @Handles(updateSubscription)
  async handle(input: UpdateSubscription, envelope: Envelope): Promise<SubscriptionView> {
    const owner = writerOf(envelope);
    const wrong = input.url == null ? null : await judgeUrl(this.outbound, input.url);
    return this.inbox.onceInTurn(turnOf(input.id), updateSubscription, envelope, async (tx) => {
      if (wrong) throw new Refusal(wrong);
      const before = await lockOwn(tx, owner.userId, input.id);
      const after: SubscriptionEntity = {
        ...before,
        ...changed(before, input),
        // Whoever sets a secret says which one signs: that one alone.
        ...(input.secret != null && {
          secret: this.secrets.encrypt(before.id, input.secret),
          previousSecret: null,
          previousSecretExpiresAt: null,
        }),
        updatedAt: new Date(),
      };
      // What failed before says nothing of another address, and whoever enables it again has seen to it.
      if (input.active === true || after.url !== before.url) after.failingSince = null;
      await orNameTaken(after.name, () => tx.getRepository(SubscriptionEntity).save(after));
      await keepAddressOf(tx, owner);
      // Whoever switches it off expects no more calls, and none about the past once it is on again.
      if (!after.active) await endPending(tx, before.id, 'The webhook was switched off.');
      return toSubscriptionView(after);
    });
  }
}
