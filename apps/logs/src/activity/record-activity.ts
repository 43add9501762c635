import type { AppFacts, Envelope, EventActor, Event } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

import { ActivityEntity } from './activity.entity.js';

export interface Told {
  readonly event: Event<object>;
  readonly app: AppFacts;
  readonly actor?: EventActor | null;
  readonly message: string;
}

/** One entry per event: a journal drops nothing for being old or late, only what it has already. */
export async function recordActivity(tx: Tx, envelope: Envelope, { event, app, actor, message }: Told): Promise<void> {
  await tx
    .getRepository(ActivityEntity)
    .createQueryBuilder()
    .insert()
    .values({
      id: envelope.operationId,
      time: new Date(envelope.occurredAt ?? Date.now()),
      fact: event.subject.replace(/^evt\.|\.v\d+$/g, ''),
      environmentId: app.environment.id,
      environment: app.environment.name,
      appId: app.id,
      app: app.name,
      ownerId: app.ownerId,
      teamIds: app.teams.map(({ id }) => id),
      actorId: actor?.userId ?? null,
      actorName: actor?.username ?? null,
      message,
    })
    .orIgnore()
    .execute();
}
