import { Flag, Id, Integer, Nested, NestedList, OneOf, Optional, Text, TextMap, Time } from '@slipway/contracts';

import { HealthCheckAnswer, ResourcesAnswer } from './deployments.dto.js';
import { Pagination } from './query.js';
import { STATUSES, type Status } from './status.js';

const CAUSES = ['create', 'update', 'env', 'binding', 'rollback'] as const;
export type Cause = (typeof CAUSES)[number];

export class RollBack {
  /** Default: the one before the current. */
  @Integer({ min: 1 }) @Optional() revision?: number | null;
}

export class RevisionItem {
  @Integer() revision: number;
  @Text() image: string;
  @OneOf(CAUSES) cause: Cause;
  @Time() created_at: string;
  @Id() @Optional() created_by: string | null;
  @Flag() current: boolean;
  @Time() @Optional() deployed_at: string | null;
}

export class RevisionList {
  @NestedList(() => RevisionItem) revisions: RevisionItem[];
  @Nested(() => Pagination) pagination: Pagination;
}

export class Revision {
  @Integer() revision: number;
  @Text() image: string;
  @OneOf(CAUSES) cause: Cause;
  @Time() created_at: string;
  @Id() @Optional() created_by: string | null;
  @Flag() current: boolean;
  @Time() @Optional() deployed_at: string | null;
  @Integer() @Optional() port: number | null;
  @TextMap() env_vars: Record<string, string>;
  @Nested(() => ResourcesAnswer) resources: ResourcesAnswer;
  @Nested(() => HealthCheckAnswer) @Optional() health_check: HealthCheckAnswer | null;
}

export class RolledBackDeployment {
  @Id() id: string;
  @OneOf(STATUSES) status: Status;
  @Integer() revision: number;
  @Integer() rolled_back_to: number;
  @Text() message: string;
  @Time() updated_at: string;
}
