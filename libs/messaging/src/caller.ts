import { problem, type Actor, type Envelope } from '@slipway/contracts';

import { Refusal } from './refusal.js';

/** Who asks. @throws Refusal `unauthenticated` without a credential */
export function actorOf({ actor }: Envelope): Actor {
  if (!actor) throw new Refusal(problem.unauthenticated('user', 'This needs a credential.'));
  return actor;
}

/** Who commands: the gateway lets no credential of scope `read` come so far, and neither do we. @throws Refusal */
export function writerOf(envelope: Envelope): Actor {
  const actor = actorOf(envelope);
  if (actor.credential.scope !== 'full') {
    throw new Refusal(problem.forbidden('credential', 'This credential may only read.', { code: 'read_only' }));
  }
  return actor;
}
