import { Injectable } from '@nestjs/common';
import { appDeleted, type Envelope, type Event } from '@slipway/contracts';
import { Inbox } from '@slipway/persistence';

import { recordAudiences } from '../audience/record-audiences.js';
import { forgetFollows } from '../follow/follow-ownership.js';
import { type AppEvent, recordActivities, type Told } from './record-activities.js';

/** Owns what happens with a fact: one transaction, which it may share with others, keeps who sees the App and an entry of the journal. */
@Injectable()
export class Journal {
  private readonly take: (event: Event<object>, envelope: Envelope, told: Told) => Promise<void | undefined>;

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
