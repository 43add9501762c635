// Owns how Domains are read and written, and who gets a host: the first to prove it takes the row of `host`, the one table of hosts
// that are taken; whoever else waits for it is checked at once, and finds it taken. Who proves a host that its last App has left takes it
// once the cluster has followed.
import { Injectable } from '@nestjs/common';
import {
  type Actor,
  type AppId,
  type AppRef,
  domainFailed,
  type DomainId,
  type DomainView,
  domainVerified,
  problem,
  ProblemKind,
} from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { type Reader, takeTurns, Transactions, type Tx } from '@slipway/persistence';

import { AppQueries, type FoundApp } from '../app/app.queries.js';
import { toAppFacts, toEventActor } from '../app/app.view.js';
import { DeploymentsConfig } from '../deployments.config.js';
import { NodeAddresses } from '../node/node-addresses.js';
import { challengeOf, failed, type Proof, proven, stillLed, TAKEN, unproven, withProvenDomain } from './domain.js';
import { DomainEntity } from './domain.entity.js';
import { holderOf } from './routed-hosts.js';
import { TxtRecords } from './txt-records.js';

@Injectable()
export class Domains {
  constructor(
    private readonly queries: AppQueries,
    private readonly records: TxtRecords,
    private readonly config: DeploymentsConfig,
    private readonly transactions: Transactions,
    private readonly addresses: NodeAddresses,
  ) {}

  /** @throws Refusal not_found */
  async find(reader: Reader, appId: AppId, id: DomainId): Promise<DomainEntity> {
    const domain = await reader.getRepository(DomainEntity).findOneBy({ appId, id });
    if (!domain) throw new Refusal(problem.notFound('domain', `The app has no domain ${id}`));
    return domain;
  }

  /** Newest first. */
  list(reader: Reader, appId: AppId): Promise<DomainEntity[]> {
    return reader.getRepository(DomainEntity).find({ where: { appId }, order: { createdAt: 'DESC', id: 'DESC' } });
  }

  /**
   * Where the hosts of an App have to lead. Outside of transactions, since the cluster takes its time. Null also for an App that
   * is absent: a command that is delivered again has its recorded answer, and what asks for the App itself refuses.
   */
  async addressFor(ref: AppRef, actor: Actor): Promise<string | null> {
    try {
      const found = await this.transactions.read((reader) => this.queries.findPresent(reader, ref, actor));
      return (await this.addresses.of(found)).address;
    } catch (error) {
      if (error instanceof Refusal && error.problem.kind === ProblemKind.notFound) return null;
      throw error;
    }
  }

  /** Asks the DNS, or nobody where DOMAIN_VERIFY is off. Outside of transactions, since strangers take their time. */
  async lookFor(domain: DomainEntity): Promise<Proof> {
    if (this.config.domainVerify === 'off') return { found: true };
    const { name, value } = challengeOf(domain);
    try {
      const values = await this.records.at(name);
      if (values.includes(value)) return { found: true };
      const reason =
        values.length === 0 ? `There is no TXT record at ${name}.` : `No TXT record at ${name} holds the value.`;
      return { found: false, reason };
    } catch {
      return { found: false, reason: `The name servers gave no answer about ${name}.` };
    }
  }

  /** Writes what a look for the record found. The App is locked; so nobody else settles this Domain. */
  async settle(
    tx: Tx,
    found: FoundApp,
    domain: DomainEntity,
    proof: Proof,
    actor: Actor | null,
  ): Promise<{ found: FoundApp; domain: DomainEntity }> {
    const now = new Date();
    const settled = await this.settled(tx, domain, proof, now);
    await tx.getRepository(DomainEntity).save(settled);
    const told = (app: FoundApp) => ({
      app: toAppFacts(app),
      actor: actor && toEventActor(actor),
      domain: { id: settled.id, host: settled.host, reason: settled.reason },
    });
    if (settled.state === 'failed' && domain.state !== 'failed') await tx.outbox.add(domainFailed, told(found));
    if (settled.state !== 'verified') return { found, domain: settled };
    const after = { ...found, app: withProvenDomain(found.app) };
    await this.queries.save(tx, after);
    await tx.outbox.add(domainVerified, told(after));
    return { found: after, domain: settled };
  }

  private async settled(tx: Tx, domain: DomainEntity, proof: Proof, now: Date): Promise<DomainEntity> {
    const { appId, host } = domain;
    // One after the other: a claim is not written back as pending over the end that the first proof of the host has put to it.
    await takeTurns(tx, [`host ${host}`]);
    const holder = await holderOf(tx, host);
    const isOther = holder !== undefined && holder.appId !== appId;
    if (isOther && !holder.left) return failed(domain, TAKEN);
    if (!proof.found) return unproven(domain, proof.reason, now);
    if (isOther) return stillLed(domain, now);
    // It has come back before the cluster had followed.
    if (holder) return proven(domain, now);
    const taken = await tx.manager.query<unknown[]>(
      `insert into host (host, app_id) values ($1, $2) on conflict (host) do nothing returning host`,
      [host, appId],
    );
    // Somebody else's commit came between.
    if (taken.length === 0) return failed(domain, TAKEN);
    // None is waited for: a check that has been claimed at this moment finds the host taken by itself.
    await tx.manager.query(
      `update domain set next_check_at = now() where id in (
         select id from domain where host = $1 and app_id <> $2 and state = 'pending' for update skip locked)`,
      [host, appId],
    );
    return proven(domain, now);
  }

  /** `address`: where the host has to lead, as far as it is known. */
  toView(
    { id, appId, host, state, token, reason, createdAt, verifiedAt }: DomainEntity,
    app: FoundApp,
    address: string | null,
  ): DomainView {
    return {
      id,
      appId,
      host,
      state,
      token,
      reason,
      createdAt: createdAt.toISOString(),
      verifiedAt: verifiedAt?.toISOString() ?? null,
      address,
      appHost: app.host,
    };
  }
}
