import { Controller } from '@nestjs/common';
import { listCredentials, type CredentialPage, type Envelope, type ListCredentials } from '@slipway/contracts';
import { actorOf, Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';
import { IsNull } from 'typeorm';

import { CredentialEntity } from './credential.entity.js';
import { toCredentialView } from './credential.view.js';

@Controller()
export class ListCredentialsHandler {
  constructor(private readonly transactions: Transactions) {}

  /** The actor's own, newest first; expired ones included, revoked ones not. */
  @Handles(listCredentials)
  handle({ kind, page, limit }: ListCredentials, envelope: Envelope): Promise<CredentialPage> {
    const { userId } = actorOf(envelope);
    return this.transactions.read(async (tx) => {
      const [rows, total] = await tx.getRepository(CredentialEntity).findAndCount({
        where: { userId, kind, revokedAt: IsNull() },
        order: { createdAt: 'DESC', id: 'ASC' },
        skip: (page - 1) * limit,
        take: limit,
      });
      return { credentials: rows.map(toCredentialView), total };
    });
  }
}
