import { Injectable } from '@nestjs/common';
import { type AppFacts, appDeleted, type Envelope, type Event, type EventActor } from '@slipway/contracts';
import { Inbox } from '@slipway/persistence';

import { recordAudiences } from '../audience/record-audiences.js';
import { forgetFollows } from '../follow/follow-ownership.js';
import { recordActivities } from './record-activities.js';

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

/** Owns what happens with a fact: one transaction, which it may share with others, keeps who sees the App and an entry of the journal. */
@Injectable()
export class Journal {
  private readonly take: (event: Event<object>, envelope: Envelope, told: Told) => Promise<void>;

  constructor(inbox: Inbox) {
    this.take = inbox.together<Told>(async (tx, told) => {
      const facts = told.map(({ event, fact: { app } }) => ({ app, gone: event.subject === appDeleted.subject }));
      await recordAudiences(tx, facts, new Date());
      await forgetFollows(
        tx,
        facts.filter(({ gone }) => gone).map(({ app }) => app.id),
      );
      await recordActivities(tx, told);
    });
  }

  record<P extends AppEvent>(event: Event<P>, fact: P, envelope: Envelope, message: string): Promise<void> {
    return this.take(event, envelope, { fact, event, envelope, message });
  }
}
