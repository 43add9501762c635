import { type Actor, type Envelope, problem, type UserId } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

/** Feeds and subscriptions are one user's own: whoever asks gets theirs. @throws Refusal without a credential */
export function userIdOf(envelope: Envelope): UserId {
  return actorOf(envelope).userId;
}

/** Who commands: the gateway lets no credential of scope `read` come so far, and neither do we. @throws Refusal */
export function writerOf(envelope: Envelope): Actor {
  const actor = actorOf(envelope);
  if (actor.credential.scope !== 'full') {
    throw new Refusal(problem.forbidden('credential', 'This credential may only read.', { code: 'read_only' }));
  }
  return actor;
}

/** @throws Refusal, as `writerOf` */
export function writerIdOf(envelope: Envelope): UserId {
  return writerOf(envelope).userId;
}

function actorOf({ actor }: Envelope): Actor {
  if (!actor) throw new Refusal(problem.unauthenticated('user', 'This needs a credential.'));
  return actor;
}
