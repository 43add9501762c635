import { randomUUID } from 'node:crypto';

import type { Actor } from '@slipway/contracts';

/** A user of its own in no team, not an admin, with a session of full scope; `overrides` replaces whole fields. */
export function actor(overrides: Partial<Actor> = {}): Actor {
  const userId = overrides.userId ?? randomUUID();
  const username = overrides.username ?? `user-${userId.slice(0, 8)}`;
  return {
    userId,
    number: Number.parseInt(userId.slice(0, 6), 16) + 1,
    username,
    email: `${username}@example.com`,
    teams: [],
    admin: false,
    credential: { id: randomUUID(), kind: 'session', scope: 'full' },
    ...overrides,
  };
}
