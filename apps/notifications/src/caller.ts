import { type Envelope, problem, type UserId } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

/** Feeds and subscriptions are one user's own: whoever asks gets theirs. @throws Refusal without a credential */
export function userIdOf({ actor }: Envelope): UserId {
  if (!actor) throw new Refusal(problem.unauthenticated('user', 'This needs a credential.'));
  return actor.userId;
}
