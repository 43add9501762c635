import { Controller } from '@nestjs/common';
import { getUser, problem, type Envelope, type GetUser, type UserView } from '@slipway/contracts';
import { actorOf, Handles, Refusal } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { UserEntity } from './user.entity.js';

import { toUserView } from './user.view.js';

@Controller()
export class GetUserHandler {
  constructor(private readonly transactions: Transactions) {}

  /** Oneself, or anybody for an administrator; others answer as absent. */
  @Handles(getUser)
  handle(input: GetUser, envelope: Envelope): Promise<UserView> {
    const actor = actorOf(envelope);
    const id = input.id ?? actor.userId;
    return this.transactions.read(async (tx) => {
      const user = id === actor.userId || actor.admin ? await tx.getRepository(UserEntity).findOneBy({ id }) : null;
      if (!user || user.state === 'deleted') throw new Refusal(problem.notFound('user', `There is no user ${id}.`));
      return toUserView(tx, user);
    });
  }
}
