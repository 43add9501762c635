import { problem, type Actor, type Envelope, type UserId } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import type { Reader, Tx } from '@slipway/persistence';
import { Not, QueryFailedError } from 'typeorm';

import { emailKey, usernameKey } from './user.js';
import { UserEntity } from './user.entity.js';

type UniqueField = 'email' | 'username';

export function findUserByEmail(tx: Reader, email: string): Promise<UserEntity | null> {
  return tx.getRepository(UserEntity).findOneBy({ emailKey: emailKey(email) });
}

export function actorOf(envelope: Envelope): Actor {
  if (!envelope.actor) throw new Refusal(problem.unauthenticated('user', 'This needs a credential.'));
  return envelope.actor;
}

/** Who commands: the gateway lets no credential of scope `read` come so far, and neither do we. */
export function writerOf(envelope: Envelope): Actor {
  const actor = actorOf(envelope);
  if (actor.credential.scope !== 'full') {
    throw new Refusal(problem.forbidden('credential', 'This credential may only read.', { code: 'read_only' }));
  }
  return actor;
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
  const users = tx.getRepository(UserEntity);
  const others = exceptFor ? { id: Not(exceptFor) } : {};
  const taken: UniqueField[] = [];
  if (wanted.email !== undefined && (await users.existsBy({ ...others, emailKey: emailKey(wanted.email) })))
    taken.push('email');
  if (
    wanted.username !== undefined &&
    (await users.existsBy({ ...others, usernameKey: usernameKey(wanted.username) }))
  ) {
    taken.push('username');
  }
  return taken;
}

export function alreadyTaken(fields: readonly UniqueField[]): Refusal {
  return new Refusal(
    problem.alreadyExists('user', `Another account has this ${fields.join(' and ')}; choose another.`, {
      facts: { fields },
    }),
  );
}

/** Runs a write and tells a lost race for an address or a name as what it is. */
export async function orAlreadyTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const field =
      error instanceof QueryFailedError ? fieldOfConstraint(error.driverError as { constraint?: string }) : null;
    if (field) throw alreadyTaken([field]);
    throw error;
  }
}

function fieldOfConstraint({ constraint }: { constraint?: string }): UniqueField | null {
  if (constraint === 'user_email_key_unique') return 'email';
  return constraint === 'user_username_key_unique' ? 'username' : null;
}
