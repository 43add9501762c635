import type { CredentialView } from '@slipway/contracts';

import type { CredentialEntity } from './credential.entity.js';

export function toCredentialView(row: CredentialEntity): CredentialView {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    description: row.description,
    prefix: row.prefix,
    hint: row.hint,
    scope: row.scope,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
