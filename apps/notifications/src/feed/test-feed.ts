import { randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import { type Envelope, Phase, testFeed, TestFeed, type TestedFact } from '@slipway/contracts';
import { Bus, feedSubject, Handles } from '@slipway/messaging';
import { Inbox, Transactions } from '@slipway/persistence';

import { userIdOf } from '../caller.js';
import { appendEntries, type EntryFact, findEntry } from './append-entries.js';
import type { FeedEntryEntity } from './feed-entry.entity.js';
import { toFeedEvent } from './feed.js';

const APP_NAME = 'test';
const FAILURE = { reason: 'Test', message: 'Nothing has failed; this is a test.' };

@Controller()
export class TestFeedHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly bus: Bus,
  ) {}

  /** An entry like any other, but no webhook hears of it. */
  @Handles(testFeed)
  async handle({ fact, appId }: TestFeed, envelope: Envelope): Promise<void> {
    const ownerId = userIdOf(envelope);
    const taken: { entry?: FeedEntryEntity | null } = {};
    const app = { id: appId ?? randomUUID(), name: APP_NAME, ownerId };
    const told = { eventId: envelope.operationId, app, time: new Date(), ...describe(fact) };
    await this.inbox.once(testFeed, envelope, async (tx) => {
      [taken.entry] = await appendEntries(tx, [told]);
    });
    // As a fact that is delivered again is shown again: the process may have ended right after the commit.
    taken.entry ??= await this.transactions.read((reader) => findEntry(reader, told));
    if (taken.entry) this.bus.emit(feedSubject(ownerId), toFeedEvent(taken.entry));
  }
}

function describe(fact: TestedFact): Pick<EntryFact, 'name' | 'fields'> {
  if (fact === 'created') return { name: 'deployments.app.created', fields: { test: true } };
  const from = fact === Phase.deploying ? Phase.pending : Phase.deploying;
  const { reason, message } = fact === Phase.failed ? FAILURE : { reason: '', message: '' };
  const fields = { from, to: fact, reason, message, url: null, after: null, readyOnce: false, test: true };
  return { name: 'deployments.app.phase-changed', fields };
}
