import type { DomainView } from '@slipway/contracts';

import type { AddedDomain, DnsRecord, Domain, RemovedDomain, Verification } from './domains.dto.js';
import { toTime, toTimeOrNull } from './time.js';

const TTL_SECONDS = 300;

export function toDomain(view: DomainView): Domain {
  const verification = verificationOf(view);
  return {
    id: view.id,
    domain: view.host,
    status: view.state,
    created_at: toTime(view.createdAt),
    verified_at: toTimeOrNull(view.verifiedAt),
    reason: view.reason === '' ? null : view.reason,
    verification,
    dns_records: recordsOf(view, verification),
  };
}

export function toAddedDomain(view: DomainView): AddedDomain {
  const { reason: _, ...domain } = toDomain(view);
  return { ...domain, node_ip: view.address ?? null, instructions: instructionsOf(view, domain.dns_records) };
}

export function toRemovedDomain({ id, host }: DomainView): RemovedDomain {
  return { message: 'Domain removed successfully', domain_id: id, domain: host };
}

function verificationOf({ host, token }: DomainView): Verification {
  return { type: 'TXT', name: `_slipway-challenge.${host}`, value: `slipway-verification=${token}` };
}

/** The proof, then where the host has to lead: to the address, or to the deployment's own host when none is known. */
function recordsOf(view: DomainView, { type, name, value }: Verification): DnsRecord[] {
  const target = view.address ?? view.appHost;
  const proof: DnsRecord = { record_type: type, name, value, ttl: TTL_SECONDS };
  return target ? [proof, { record_type: typeOf(target), name: view.host, value: target, ttl: TTL_SECONDS }] : [proof];
}

function typeOf(target: string): DnsRecord['record_type'] {
  // Configured, or a host: a name has no colon, and does not consist of digits alone.
  if (target.includes(':')) return 'AAAA';
  return /^[\d.]+$/.test(target) ? 'A' : 'CNAME';
}

function instructionsOf({ state, host }: DomainView, [, target]: readonly DnsRecord[]): string {
  const lead = target
    ? ` Let ${host} lead to the deployment with the ${target.record_type} record.`
    : ` Let ${host} lead to the ingress of the cluster.`;
  if (state === 'verified') return lead.trim();
  return `Add the TXT record, which proves that ${host} is yours; it is looked for by itself, and may stay or go once the domain is verified.${lead}`;
}
