import { problem, type Envelope, type UserId } from '@slipway/contracts';
import { Refusal, writerOf } from '@slipway/messaging';
import type { Reader, Tx } from '@slipway/persistence';
import { Not, QueryFailedError } from 'typeorm';

import { emailKey, usernameKey } from './user.js';
import { UserEntity } from './user.entity.js';

type UniqueField = 'email' | 'username';

export function findUserByEmail(tx: Reader, email: string): Promise<UserEntity | null> {
  return tx.getRepository(UserEntity).findOneBy({ emailKey: emailKey(email) });
}

/** Of the commands that lock the row of their actor. */
export function turnOf({ actor }: Envelope): string {
  return `user ${actor?.userId}`;
}

/** The row of the actor, who changes something, locked until the commit. */
export async function lockActingUser(tx: Tx, envelope: Envelope): Promise<UserEntity> {
  const { userId } = writerOf(envelope);
  const user = await tx
    .getRepository(UserEntity)
    .findOne({ where: { id: userId }, lock: { mode: 'pessimistic_write' } });
  if (user?.state !== 'active')
    throw new Refusal(problem.unauthenticated('user', 'This account is not active any more.'));
  return user;
}

/** Which of these another account has. */
export async function takenFields(
  tx: Tx,
  wanted: { email?: string; username?: string },
  exceptFor?: UserId,
): Promise<UniqueField[]> {
  const keys = {
    ...(wanted.email !== undefined && { emailKey: emailKey(wanted.email) }),
    ...(wanted.username !== undefined && { usernameKey: usernameKey(wanted.username) }),
  };
  if (Object.keys(keys).length === 0) return [];
  const others = exceptFor ? { id: Not(exceptFor) } : {};
  // One look at both: between two a winner may commit.
  const users = await tx.getRepository(UserEntity).find({
    where: Object.entries(keys).map(([column, key]) => ({ ...others, [column]: key })),
  });
  const taken: UniqueField[] = [];
  if (users.some((user) => user.emailKey === keys.emailKey)) taken.push('email');
  if (users.some((user) => user.usernameKey === keys.usernameKey)) taken.push('username');
  return taken;
}

export function alreadyTaken(fields: readonly UniqueField[]): Refusal {
  return new Refusal(
    problem.alreadyExists('user', `Another account has this ${fields.join(' and ')}; choose another.`, {
      facts: { fields },
    }),
  );
}

/** Saves a user. @throws Refusal `already_exists` with all that others have, also when they have it since a moment ago */
export async function saveUnique(tx: Tx, user: UserEntity): Promise<UserEntity> {
  try {
    // A savepoint: what the winner of a race has can still be asked behind it.
    return await tx.manager.transaction((manager) => manager.getRepository(UserEntity).save(user));
  } catch (error) {
    const taken = error instanceof QueryFailedError ? await takenFields(tx, user, user.id) : [];
    throw taken.length > 0 ? alreadyTaken(taken) : error;
  }
}
