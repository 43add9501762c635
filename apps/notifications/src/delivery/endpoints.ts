import { Injectable } from '@nestjs/common';
import { type SubscriptionId, type UserId, WEBHOOK_TYPES, type WebhookType } from '@slipway/contracts';
import { Transactions, type Tx } from '@slipway/persistence';

import { ALL_TYPES, NotificationsConfig } from '../notifications.config.js';
import { SubscriptionEntity } from '../subscription/subscription.entity.js';
import { SubscriptionSecrets } from '../subscription/subscription-secrets.js';
import { DOCUMENTED_TYPES } from './webhook.js';

const NIL_UUID = '00000000-0000-0000-0000-000000000000';
/** Stand for WEBHOOK_URL and the operator where the ids of a subscription and a user are expected. */
export const OPERATOR_ENDPOINT: SubscriptionId = NIL_UUID;
const OPERATOR: UserId = NIL_UUID;

/** An endpoint and whose it is: those of one owner share a limit. */
export interface OwnedEndpoint {
  readonly endpointId: SubscriptionId;
  readonly ownerId: UserId;
}

/** Who is told, of which types. */
export interface SubscribedEndpoint extends OwnedEndpoint {
  readonly types: readonly WebhookType[];
}

/** Where to, as of now. */
export interface Target {
  readonly owner: 'user' | 'operator';
  readonly url: string;
  /** Those that sign; none, and nothing is signed. */
  readonly secrets: readonly string[];
}

/** Subscriptions and WEBHOOK_URL seen alike. */
@Injectable()
export class Endpoints {
  private readonly operator: SubscribedEndpoint[];

  constructor(
    private readonly config: NotificationsConfig,
    private readonly transactions: Transactions,
    private readonly secrets: SubscriptionSecrets,
  ) {
    const { webhookUrl, webhookEvents } = config;
    const named = WEBHOOK_TYPES.filter((type) => DOCUMENTED_TYPES.includes(type) || webhookEvents.includes(type));
    const types = webhookEvents.includes(ALL_TYPES) ? WEBHOOK_TYPES : named;
    this.operator = webhookUrl === undefined ? [] : [{ endpointId: OPERATOR_ENDPOINT, ownerId: OPERATOR, types }];
  }

  /** Those that hear of a user's Apps; they cannot be deleted or switched off before the commit. */
  async subscribed(tx: Tx, userId: UserId): Promise<SubscribedEndpoint[]> {
    const rows = await tx.getRepository(SubscriptionEntity).find({
      where: { userId, active: true },
      lock: { mode: 'pessimistic_read' },
    });
    return [...this.operator, ...rows.map(({ id, types }) => ({ endpointId: id, ownerId: userId, types }))];
  }

  /** Undefined for one that is gone or switched off. */
  async target(id: SubscriptionId): Promise<Target | undefined> {
    if (id === OPERATOR_ENDPOINT) {
      const { webhookUrl: url, webhookSecret } = this.config;
      return url === undefined
        ? undefined
        : { owner: 'operator', url, secrets: webhookSecret === undefined ? [] : [webhookSecret] };
    }
    const row = await this.transactions.read((reader) =>
      reader.getRepository(SubscriptionEntity).findOneBy({ id, active: true }),
    );
    return row ? { owner: 'user', url: row.url, secrets: this.secrets.signing(row, new Date()) } : undefined;
  }
}
