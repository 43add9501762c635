import { Id, Integer, Nested, NestedList, OneOf, Optional, Text, Time } from '../fields.js';
import type { AppId, DomainId } from '../ids.js';
import { AppFacts, AppRef, EventActor } from './deployments.v1.js';

export const DomainState = { pending: 'pending', verified: 'verified', failed: 'failed' } as const;
export type DomainState = (typeof DomainState)[keyof typeof DomainState];
const DOMAIN_STATES = Object.values(DomainState);

/** A host of the user's own that is to lead to an App, once a TXT record has proven whose it is. */
export class DomainView {
  @Id() id: DomainId;
  @Id() appId: AppId;
  /** In lower case and in ASCII. */
  @Text({ max: 253 }) host: string;
  @OneOf(DOMAIN_STATES) state: DomainState;
  /** What the TXT record has to hold. Everybody may read it there, so it is no secret. */
  @Text({ max: 64 }) token: string;
  /** What the last check found wanting; empty when there is nothing to tell. */
  @Text({ max: 512 }) reason: string;
  @Time() createdAt: string;
  @Time() @Optional() verifiedAt: string | null;
  /** That of the App's node.address: an IP address or a name that the host has to lead to; null when it is not known. */
  @Text({ max: 253 }) @Optional() address: string | null;
  /** The App's own host. */
  @Text({ max: 253 }) @Optional() appHost: string | null;
}

export class AddDomain {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) @Optional() ifVersion?: number;
  /** As it was typed: any case, and letters of any script. */
  @Text() host: string;
}

export class DomainCommand {
  @Nested(() => AppRef) app: AppRef;
  @Integer({ min: 1 }) @Optional() ifVersion?: number;
  @Id() domain: DomainId;
}

export class ChangedDomain {
  @Nested(() => DomainView) domain: DomainView;
  /** That of the App, which is the ETag. */
  @Integer({ min: 1 }) version: number;
}

export class ListDomains {
  @Nested(() => AppRef) app: AppRef;
}

/** Newest first. */
export class DomainList {
  @NestedList(() => DomainView, { max: 20 }) domains: DomainView[];
}

export class GetDomain {
  @Nested(() => AppRef) app: AppRef;
  @Id() domain: DomainId;
}

export class DomainFacts {
  @Id() id: DomainId;
  @Text({ max: 253 }) host: string;
  @Text({ max: 512 }) reason: string;
}

/** The payload of every fact about a domain. */
export class DomainChanged {
  @Nested(() => AppFacts) app: AppFacts;
  /** Null when no command led here, but a check. */
  @Nested(() => EventActor) @Optional() actor: EventActor | null;
  @Nested(() => DomainFacts) domain: DomainFacts;
}
