import { Controller } from '@nestjs/common';
import { ChangedDomain, DomainCommand, domainRemoved, type Envelope, removeDomain } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { writerOf } from '../app/actor.js';
import { refusal } from '../app/app.js';
import { AppQueries } from '../app/app.queries.js';
import { AppSignals } from '../app/app-signals.js';
import { toAppFacts, toEventActor } from '../app/app.view.js';
import { turnOf } from '../app/change-app.js';
import { orRefuse } from '../app/or-refuse.js';
import { withOtherDomains } from './domain.js';
import { DomainEntity } from './domain.entity.js';
import { Domains } from './domains.js';

@Controller()
export class RemoveDomainHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly domains: Domains,
    private readonly signals: AppSignals,
  ) {}

  @Handles(removeDomain)
  async handle(input: DomainCommand, envelope: Envelope): Promise<ChangedDomain> {
    const actor = writerOf(envelope);
    const address = await this.domains.addressFor(input.app, actor);
    const answer = await this.inbox.onceInTurn(turnOf(input.app), removeDomain, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      const domain = await this.domains.find(tx, found.app.id, input.domain);
      orRefuse(refusal(found.app, input.ifVersion));
      const { id, host, reason, state } = domain;
      // Its host stays taken until the cluster has followed.
      const routed = state === 'verified';
      const after = { ...found, app: withOtherDomains(found.app, { routed }, new Date()) };
      await this.queries.save(tx, after);
      await tx.getRepository(DomainEntity).delete({ id });
      await tx.outbox.add(domainRemoved, {
        app: toAppFacts(after),
        actor: toEventActor(actor),
        domain: { id, host, reason },
      });
      return { domain: this.domains.toView(domain, after, address), version: after.app.version };
    });
    this.signals.committed(answer.domain.appId);
    return answer;
  }
}
