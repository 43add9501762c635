import { type Actor, type Envelope, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';

/** Who asks. The gateway has checked the credential; without one there is nothing to see here. */
export function actorOf({ actor }: Envelope): Actor {
  if (!actor) throw new Refusal(problem.unauthenticated('credential', 'This needs a credential'));
  return actor;
}

/** Who commands: the gateway lets no credential of scope `read` come so far, and neither do we. */
export function writerOf(envelope: Envelope): Actor {
  const actor = actorOf(envelope);
  if (actor.credential.scope !== 'full') {
    throw new Refusal(problem.forbidden('credential', 'This credential may only read', { code: 'read_only' }));
  }
  return actor;
}
