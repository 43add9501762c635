import { randomBytes, randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import {
  AddDomain,
  addDomain,
  ChangedDomain,
  domainAdded,
  type Envelope,
  type Problem,
  problem,
} from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox, type Tx } from '@slipway/persistence';

import { writerOf } from '../app/actor.js';
import { refusal } from '../app/app.js';
import { AppQueries, type FoundApp } from '../app/app.queries.js';
import { AppSignals } from '../app/app-signals.js';
import { toAppFacts, toEventActor } from '../app/app.view.js';
import { turnOf } from '../app/change-app.js';
import { mainPort } from '../app/container.js';
import { orRefuse } from '../app/or-refuse.js';
import { DeploymentsConfig, reservedHostsOf } from '../deployments.config.js';
import { domainName } from './domain-name.js';
import { MAX_DOMAINS, newDomain, withOtherDomains } from './domain.js';
import { DomainEntity } from './domain.entity.js';
import { Domains } from './domains.js';
import { holderOf } from './routed-hosts.js';

const TOKEN_BYTES = 32;

@Controller()
export class AddDomainHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly domains: Domains,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(addDomain)
  async handle(input: AddDomain, envelope: Envelope): Promise<ChangedDomain> {
    const actor = writerOf(envelope);
    const { domainSuffix: suffix, domainVerify } = this.config;
    const reserved = reservedHostsOf(this.config);
    const address = await this.domains.addressFor(input.app, actor);
    const answer = await this.inbox.onceInTurn(turnOf(input.app), addDomain, envelope, async (tx) => {
      const { host } = orRefuse(domainName(input.host, { suffix, reserved }));
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      orRefuse(await this.conflict(tx, found, host));
      const now = new Date();
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      let domain = newDomain({ id: randomUUID(), appId: found.app.id, host, token }, now);
      let after: FoundApp = { ...found, app: withOtherDomains(found.app, { routed: false }, now) };
      await this.queries.save(tx, after);
      await tx.getRepository(DomainEntity).insert(domain);
      await tx.outbox.add(domainAdded, {
        app: toAppFacts(after),
        actor: toEventActor(actor),
        domain: { id: domain.id, host, reason: '' },
      });
      if (domainVerify === 'off') {
        ({ found: after, domain } = await this.domains.settle(tx, after, domain, { found: true }, actor));
      }
      return { domain: this.domains.toView(domain, after, address), version: after.app.version };
    });
    this.signals.committed(answer.domain.appId);
    return answer;
  }

  private async conflict(tx: Tx, { app, containers }: FoundApp, host: string): Promise<Problem | null> {
    const own = await this.domains.list(tx, app.id);
    const holder = await holderOf(tx, host);
    if (own.some((domain) => domain.host === host) || (holder && !holder.left)) {
      return problem.conflict('domain', `The domain "${host}" is taken`, { code: 'domain_taken' });
    }
    if (!mainPort(containers)) {
      return problem.conflict('app', `The app "${app.name}" has no tcp port that a domain could lead to`, {
        code: 'no_port',
      });
    }
    if (own.length < MAX_DOMAINS) return null;
    return problem.quotaExceeded('domain', `An app has at most ${MAX_DOMAINS} domains`, {
      facts: { limit: MAX_DOMAINS },
    });
  }
}
