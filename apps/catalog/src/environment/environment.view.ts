import { EnvironmentView } from '@slipway/contracts';

import type { EnvironmentEntity } from './environment.entity.js';

export function toEnvironmentView(row: EnvironmentEntity): EnvironmentView {
  return Object.assign(new EnvironmentView(), {
    id: row.id,
    name: row.name,
    namespace: row.namespace,
    description: row.description,
    kind: row.kind,
    ownerId: row.ownerId,
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  });
}
