import type { Envelope, UserId } from '@slipway/contracts';
import { actorOf, writerOf } from '@slipway/messaging';

/** Feeds and subscriptions are one user's own: whoever asks gets theirs. @throws Refusal without a credential */
export function userIdOf(envelope: Envelope): UserId {
  return actorOf(envelope).userId;
}

/** @throws Refusal, as `writerOf` */
export function writerIdOf(envelope: Envelope): UserId {
  return writerOf(envelope).userId;
}
