import { randomUUID } from 'node:crypto';

import { type AppFacts, EnvironmentKind, type UserId } from '@slipway/contracts';

/** An App with an Environment of its own, as its events tell of it; `changes` replaces whole fields. */
export function appFacts(ownerId: UserId, changes: Partial<AppFacts> = {}): AppFacts {
  const { name = `shop-${randomUUID().slice(0, 8)}` } = changes;
  return {
    id: randomUUID(),
    name,
    environment: { id: randomUUID(), name, namespace: name, kind: EnvironmentKind.dedicated },
    ownerId,
    teams: [],
    origin: 'container-engine',
    version: 1,
    ...changes,
  };
}
