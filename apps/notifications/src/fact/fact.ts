import type { AppFacts, Event } from '@slipway/contracts';

/** What is common to the events about one App. */
export interface AppEvent {
  readonly app: AppFacts;
}

/** An event about an App, as feed and webhooks take it in. */
export interface Fact {
  /** The event's id, the same however often it is delivered. */
  readonly eventId: string;
  /** `deployments.app.phase-changed` and the like. */
  readonly name: string;
  readonly app: AppFacts;
  /** The event's own fields, without the App's and the actor's. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** When it was taken in: events carry no time of their own. */
  readonly time: Date;
}

const SUBJECT = /^evt\.(.+)\.v\d+$/;

export function toFact<P extends AppEvent>(
  { subject }: Pick<Event<P>, 'subject'>,
  payload: P,
  eventId: string,
  time: Date,
): Fact {
  const name = SUBJECT.exec(subject)?.[1];
  if (name === undefined) throw new Error(`${subject} is no event`);
  const fields = Object.fromEntries(Object.entries(payload).filter(([key]) => key !== 'app' && key !== 'actor'));
  return { eventId, name, app: payload.app, fields, time };
}
