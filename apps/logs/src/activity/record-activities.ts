import type { AppFacts, Envelope, Event, EventActor } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

/** An event about an App. */
export interface AppEvent {
  readonly app: AppFacts;
  readonly actor?: EventActor | null;
}

/** A fact as the journal tells it. */
export interface Told {
  readonly fact: AppEvent;
  readonly event: Pick<Event<object>, 'subject'>;
  readonly envelope: Envelope;
  /** A sentence for people. */
  readonly message: string;
}

/** One entry per event: a journal drops nothing for being old or late, only what it has already. */
export async function recordActivities(tx: Tx, told: readonly Told[]): Promise<void> {
  const rows = told.map(({ fact: { app, actor }, event, envelope, message }) => ({
    id: envelope.operationId,
    time: new Date(envelope.occurredAt ?? Date.now()),
    fact: event.subject.replace(/^evt\.|\.v\d+$/g, ''),
    environment_id: app.environment.id,
    environment: app.environment.name,
    app_id: app.id,
    app: app.name,
    owner_id: app.ownerId,
    team_ids: app.teams.map(({ id }) => id),
    actor_id: actor?.userId ?? null,
    actor_name: actor?.username ?? null,
    message,
  }));
  await tx.manager.query(
    `insert into activity select * from json_populate_recordset(null::activity, $1) on conflict do nothing`,
    [JSON.stringify(rows)],
  );
}
