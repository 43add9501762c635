import { Injectable } from '@nestjs/common';
import { problem, ProblemKind, type Command, type Envelope } from '@slipway/contracts';
import { actorOf, Refusal } from '@slipway/messaging';
import { Inbox, Transactions, type Tx } from '@slipway/persistence';

import { type Attempt, LoginThrottle } from '../credential/login-throttle.js';
import { Passwords } from './password.js';
import { UserEntity } from './user.entity.js';
import { lockActingUser } from './user.queries.js';

export interface Proof {
  readonly password: string;
  /** The client's, for the throttle. */
  readonly address: string;
}

type Work<O> = (tx: Tx, user: UserEntity, attempt: Attempt) => Promise<O>;

/** Does commands whose sender proves the account's password. A stolen session must not guess it faster than a login may: both count as the same failures. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly passwords: Passwords,
    private readonly throttle: LoginThrottle,
  ) {}

  /**
   * Does the work of a command once, with the account locked. `prepare` is called when the password is right, before the transaction: what it
   * returns is the work.
   * @throws Refusal `invalid`, code `wrong_password`; `rate_limited`; `unauthenticated` for an account that is not active
   */
  async once<O extends object | void>(
    command: Command<object, O>,
    envelope: Envelope,
    { password, address }: Proof,
    prepare: () => Promise<Work<O>>,
  ): Promise<O> {
    const { userId: id } = actorOf(envelope);
    const seen = await this.transactions.read((tx) => tx.getRepository(UserEntity).findOneBy({ id, state: 'active' }));
    const attempt = { email: seen?.email ?? '', address };
    const wrong = new Refusal(WRONG_PASSWORD);
    try {
      return await this.throttle.attempt(attempt, async () => {
        // Before the transaction: hashing takes longer than a row may be held.
        const matches = await this.passwords.verify(seen?.passwordHash ?? null, password);
        const work = matches ? await prepare() : null;
        try {
          return await this.inbox.once(command, envelope, async (tx) => {
            const user = await lockActingUser(tx, envelope);
            // Somebody else may have changed it since it was compared.
            if (!work || user.passwordHash !== seen?.passwordHash) throw wrong;
            return work(tx, user, attempt);
          });
        } catch (error) {
          // Only a refusal of this attempt: a repeated delivery of an earlier one gets its recorded answer.
          if (error === wrong) await this.throttle.recordFailure(attempt);
          throw error;
        }
      });
    } catch (error) {
      const throttled = error instanceof Refusal && error.problem.kind === ProblemKind.rateLimited;
      // Not a repeated command: it gets its recorded answer however many attempts have failed since.
      if (throttled) return this.inbox.once(command, envelope, () => Promise.reject(error));
      throw error;
    }
  }
}

const WRONG_PASSWORD = problem.invalid('user', 'This is not the password of the account.', { code: 'wrong_password' });
