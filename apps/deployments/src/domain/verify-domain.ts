import { Controller } from '@nestjs/common';
import { type Actor, DomainCommand, DomainView, type Envelope, problem, verifyDomain } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, Transactions } from '@slipway/persistence';

import { writerOf } from '../app/actor.js';
import { refusal } from '../app/app.js';
import { AppQueries } from '../app/app.queries.js';
import { AppSignals } from '../app/app-signals.js';
import { turnOf } from '../app/change-app.js';
import { orRefuse } from '../app/or-refuse.js';
import type { Proof } from './domain.js';
import { Domains } from './domains.js';

@Controller()
export class VerifyDomainHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly domains: Domains,
    private readonly signals: AppSignals,
  ) {}

  @Handles(verifyDomain)
  async handle(input: DomainCommand, envelope: Envelope): Promise<DomainView> {
    const actor = writerOf(envelope);
    // Looked for first: no row is locked while strangers take their time. A second delivery looks in vain, and gets the recorded answer.
    const proof = await this.lookFor(input, actor);
    const address = await this.domains.addressFor(input.app, actor);
    const answer = await this.inbox.onceInTurn(turnOf(input.app), verifyDomain, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      const domain = await this.domains.find(tx, found.app.id, input.domain);
      orRefuse(refusal(found.app, input.ifVersion));
      if (domain.state === 'verified') return this.domains.toView(domain, found, address);
      if (!proof) throw new Refusal(problem.notFound('domain', `The app had no domain ${input.domain} a moment ago`));
      const settled = await this.domains.settle(tx, found, domain, proof, actor);
      return this.domains.toView(settled.domain, settled.found, address);
    });
    this.signals.committed(answer.appId);
    return answer;
  }
  // Undefined for what is absent, also because it has gone since this command was first delivered: that is judged under the lock.
  private async lookFor(input: DomainCommand, actor: Actor): Promise<Proof | undefined> {
    try {
      const asked = await this.transactions.read(async (reader) => {
        const { app } = await this.queries.findPresent(reader, input.app, actor);
        return this.domains.find(reader, app.id, input.domain);
      });
      return await this.domains.lookFor(asked);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }
}
