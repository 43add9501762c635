import { type Problem, problem, type SubscriptionId, type UserId } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { isUniqueViolation, type Reader, type Tx } from '@slipway/persistence';

import { SubscriptionEntity } from './subscription.entity.js';

/** @throws Refusal `not_found` for one that is not there, or another user's */
export async function findOwn(reader: Reader, userId: UserId, id: SubscriptionId): Promise<SubscriptionEntity> {
  const row = await reader.getRepository(SubscriptionEntity).findOneBy({ id, userId });
  if (!row) throw new Refusal(notFound(id));
  return row;
}

/** Of the commands that lock its row. */
export function turnOf(id: SubscriptionId): string {
  return `subscription ${id}`;
}

/** Like `findOwn`, locked until the commit. */
export async function lockOwn(tx: Tx, userId: UserId, id: SubscriptionId): Promise<SubscriptionEntity> {
  const lock = { mode: 'pessimistic_write' } as const;
  const row = await tx.getRepository(SubscriptionEntity).findOne({ where: { id, userId }, lock });
  if (!row) throw new Refusal(notFound(id));
  return row;
}

/** Runs a write and tells a taken name as what it is. */
export async function orNameTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error, 'subscription_name_unique')) throw error;
    throw nameTaken(name);
  }
}

export function nameTaken(name: string): Refusal {
  const text = `You have a subscription named "${name}" already; choose another name.`;
  return new Refusal(problem.alreadyExists('subscription', text, { code: 'name', facts: { name } }));
}

function notFound(id: SubscriptionId): Problem {
  return problem.notFound('subscription', `There is no subscription ${id}.`);
}
