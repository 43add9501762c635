import { Id, Integer, Nested, NestedList, OneOf, Optional, Text, Time } from '@slipway/contracts';

const STATUSES = ['pending', 'verified', 'failed'] as const;
export type DomainStatus = (typeof STATUSES)[number];
const RECORD_TYPES = ['TXT', 'A', 'AAAA', 'CNAME'] as const;

export class NewDomain {
  @Text() domain: string;
}

export class Verification {
  @OneOf(['TXT']) type: 'TXT';
  @Text() name: string;
  @Text() value: string;
}

export class DnsRecord {
  @OneOf(RECORD_TYPES) record_type: (typeof RECORD_TYPES)[number];
  @Text() name: string;
  @Text() value: string;
  @Integer() ttl: number;
}

export class Domain {
  @Id() id: string;
  @Text() domain: string;
  @OneOf(STATUSES) status: DomainStatus;
  @Time() created_at: string;
  @Time() @Optional() verified_at: string | null;
  @Text() @Optional() reason: string | null;
  @Nested(() => Verification) verification: Verification;
  @NestedList(() => DnsRecord) dns_records: DnsRecord[];
}

export class AddedDomain {
  @Id() id: string;
  @Text() domain: string;
  @OneOf(STATUSES) status: DomainStatus;
  @Time() created_at: string;
  @Time() @Optional() verified_at: string | null;
  @Nested(() => Verification) verification: Verification;
  @NestedList(() => DnsRecord) dns_records: DnsRecord[];
  @Text() @Optional() node_ip: string | null;
  @Text() instructions: string;
}

export class DomainList {
  @NestedList(() => Domain) domains: Domain[];
}

export class RemovedDomain {
  @Text() message: string;
  @Id() domain_id: string;
  @Text() domain: string;
}
