import type { KeyObject } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import { type SubscriptionId, type UserId, WEBHOOK_TYPES, type WebhookType } from '@slipway/contracts';
import { Transactions, type Tx } from '@slipway/persistence';
import { In } from 'typeorm';

import { ALL_TYPES, NotificationsConfig } from '../notifications.config.js';
import { SubscriptionEntity } from '../subscription/subscription.entity.js';
import { SubscriptionSecrets } from '../subscription/subscription-secrets.js';
import { signingKey } from './signature.js';
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

/** Who is told, of which types, and where. */
export interface SubscribedEndpoint extends OwnedEndpoint {
  readonly types: readonly WebhookType[];
  readonly target: Target;
}

/** Where to, as of now. */
export interface Target {
  readonly owner: 'user' | 'operator';
  /** Its last attempt failed. */
  readonly failing: boolean;
  readonly url: string;
  /** Those that sign; none, and nothing is signed. */
  readonly keys: readonly KeyObject[];
}

/** Subscriptions and WEBHOOK_URL seen alike. */
@Injectable()
export class Endpoints {
  private readonly operator: readonly SubscribedEndpoint[] = [];

  constructor(
    config: NotificationsConfig,
    private readonly transactions: Transactions,
    private readonly secrets: SubscriptionSecrets,
  ) {
    const { webhookUrl, webhookEvents, webhookSecret } = config;
    const named = WEBHOOK_TYPES.filter((type) => DOCUMENTED_TYPES.includes(type) || webhookEvents.includes(type));
    const types = webhookEvents.includes(ALL_TYPES) ? WEBHOOK_TYPES : named;
    if (webhookUrl === undefined) return;
    const keys = webhookSecret === undefined ? [] : [signingKey(webhookSecret)];
    const target: Target = { owner: 'operator', failing: false, url: webhookUrl, keys };
    this.operator = [{ endpointId: OPERATOR_ENDPOINT, ownerId: OPERATOR, types, target }];
  }

  /** Those that hear of the Apps of each of these users; they cannot be deleted or switched off before the commit. */
  async subscribed(tx: Tx, userIds: ReadonlySet<UserId>): Promise<(userId: UserId) => readonly SubscribedEndpoint[]> {
    const rows = await tx.getRepository(SubscriptionEntity).find({
      where: { userId: In([...userIds]), active: true },
      lock: { mode: 'pessimistic_read' },
      order: { id: 'ASC' },
    });
    const ofUsers = rows.map((row) => {
      const { id, userId, types } = row;
      return { endpointId: id, ownerId: userId, types, target: this.targetOf(row) };
    });
    return (userId) => [...this.operator, ...ofUsers.filter(({ ownerId }) => ownerId === userId)];
  }

  /** Those of them that are neither gone nor switched off. */
  async targets(ids: readonly SubscriptionId[]): Promise<ReadonlyMap<SubscriptionId, Target>> {
    const rows = await this.transactions.read((reader) =>
      reader.getRepository(SubscriptionEntity).findBy({ id: In([...new Set(ids)]), active: true }),
    );
    const targets = new Map(rows.map((row) => [row.id, this.targetOf(row)]));
    for (const { endpointId, target } of this.operator) targets.set(endpointId, target);
    return targets;
  }

  private targetOf(row: SubscriptionEntity): Target {
    const keys = this.secrets.signing(row, new Date()).map(signingKey);
    return { owner: 'user', failing: row.failingSince !== null, url: row.url, keys };
  }
}
