import { type Envelope, problem, type UserId } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

/** Feeds and subscriptions are one user's own: whoever asks gets theirs. @throws Refusal without a credential */
export function userIdOf({ actor }: Envelope): UserId {
  if (!actor) throw new Refusal(problem.unauthenticated('user', 'This needs a credential.'));
  return actor.userId;
}

/** Who commands: the gateway lets no credential of scope `read` come so far, and neither do we. @throws Refusal */
export function writerIdOf(envelope: Envelope): UserId {
  const userId = userIdOf(envelope);
  if (envelope.actor?.credential.scope !== 'full') {
    throw new Refusal(problem.forbidden('credential', 'This credential may only read.', { code: 'read_only' }));
  }
  return userId;
}
