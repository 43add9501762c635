import { Injectable } from '@nestjs/common';
import { type SubscriptionId, type UserId, WEBHOOK_TYPES, type WebhookType } from '@slipway/contracts';
import { Transactions, type Tx } from '@slipway/persistence';
import { In } from 'typeorm';

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
  /** Its last attempt failed. */
  readonly failing: boolean;
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

  /** Those that hear of the Apps of each of these users; they cannot be deleted or switched off before the commit. */
  async subscribed(tx: Tx, userIds: ReadonlySet<UserId>): Promise<(userId: UserId) => readonly SubscribedEndpoint[]> {
    const rows = await tx.getRepository(SubscriptionEntity).find({
      where: { userId: In([...userIds]), active: true },
      lock: { mode: 'pessimistic_read' },
      order: { id: 'ASC' },
    });
    const ofUsers = rows.map(({ id, userId, types }) => ({ endpointId: id, ownerId: userId, types }));
    return (userId) => [...this.operator, ...ofUsers.filter(({ ownerId }) => ownerId === userId)];
  }

  /** Those of them that are neither gone nor switched off. */
  async targets(ids: readonly SubscriptionId[]): Promise<ReadonlyMap<SubscriptionId, Target>> {
    const rows = await this.transactions.read((reader) =>
      reader.getRepository(SubscriptionEntity).findBy({ id: In([...new Set(ids)]), active: true }),
    );
    const { webhookUrl, webhookSecret } = this.config;
    const targets = new Map<SubscriptionId, Target>(
      rows.map((row) => {
        const secrets = this.secrets.signing(row, new Date());
        return [row.id, { owner: 'user', failing: row.failingSince !== null, url: row.url, secrets }];
      }),
    );
    if (webhookUrl !== undefined) {
      const secrets = webhookSecret === undefined ? [] : [webhookSecret];
      targets.set(OPERATOR_ENDPOINT, { owner: 'operator', failing: false, url: webhookUrl, secrets });
    }
    return targets;
  }
}
