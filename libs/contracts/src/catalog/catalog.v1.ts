import { EnvironmentKind } from '../deployments/deployments.v1.js';
import { Format, Id, Integer, NestedList, OneOf, Optional, Text, Time } from '../fields.js';
import type { EnvironmentId, UserId } from '../ids.js';

export class EnvironmentView {
  @Id() id: EnvironmentId;
  @Format('dns_label') name: string;
  @Format('dns_label') namespace: string;
  @Text({ max: 512 }) description: string;
  @OneOf(Object.values(EnvironmentKind)) kind: EnvironmentKind;
  @Id() @Optional() ownerId: UserId | null;
  @Integer({ min: 1 }) version: number;
  @Time() createdAt: string;
  @Time() updatedAt: string;
}

export class GetEnvironment {
  @Format('dns_label') name: string;
}

export class EnvironmentList {
  @NestedList(() => EnvironmentView, { max: 10_000 }) environments: EnvironmentView[];
}
