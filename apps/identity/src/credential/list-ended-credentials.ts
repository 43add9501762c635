import { Controller } from '@nestjs/common';
import { listEndedCredentials, type EndedCredentials, type ListEndedCredentials } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { UserEntity } from '../user/user.entity.js';
import { CredentialEntity } from './credential.entity.js';

@Controller()
export class ListEndedCredentialsHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(listEndedCredentials)
  handle({ ids }: ListEndedCredentials): Promise<EndedCredentials> {
    return this.transactions.read(async (tx) => {
      const holding = await tx
        .getRepository(CredentialEntity)
        .createQueryBuilder('credential')
        .innerJoin(UserEntity, 'owner', `owner.id = credential.userId and owner.state = 'active'`)
        .select('credential.id', 'id')
        .where('credential.id = any(:ids) and credential.revokedAt is null', { ids })
        .andWhere('(credential.expiresAt is null or credential.expiresAt > :now)', { now: new Date() })
        .getRawMany<Pick<CredentialEntity, 'id'>>();
      const held = new Set(holding.map(({ id }) => id));
      return { ids: ids.filter((id) => !held.has(id)) };
    });
  }
}
