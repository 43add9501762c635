import { randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import {
  createCredential,
  problem,
  type CreateCredential,
  type CreatedCredential,
  type CredentialId,
  type Envelope,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { IdentityConfig } from '../identity.config.js';
import { lockActingUser, turnOf } from '../user/user.queries.js';
import { makeApiKey } from './api-key.js';
import { CredentialEntity } from './credential.entity.js';
import { countLiveApiKeys } from './credential.queries.js';
import { toCredentialView } from './credential.view.js';

const MAX_LIVE_API_KEYS = 100;

@Controller()
export class CreateCredentialHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly config: IdentityConfig,
  ) {}

  @Handles(createCredential)
  handle(input: CreateCredential, envelope: Envelope): Promise<CreatedCredential> {
    return this.inbox.onceInTurn(turnOf(envelope), createCredential, envelope, async (tx) => {
      const now = new Date();
      const expiresAt = input.expiresAt === undefined ? null : new Date(input.expiresAt);
      if (expiresAt && expiresAt <= now) throw new Refusal(IN_THE_PAST);
      // The row lock makes the count and the insert one step for this user.
      const user = await lockActingUser(tx, envelope);
      if ((await countLiveApiKeys(tx, user.id)) >= MAX_LIVE_API_KEYS) throw new Refusal(TOO_MANY);
      const key = makeApiKey(this.config.apiKeyPrefix);
      const row = tx.getRepository(CredentialEntity).create({
        id: randomUUID() as CredentialId,
        userId: user.id,
        kind: input.kind,
        digest: key.digest,
        name: input.name,
        description: input.description ?? null,
        prefix: key.prefix,
        hint: key.hint,
        scope: input.scope,
        createdAt: now,
        expiresAt,
        revokedAt: null,
        lastUsedAt: null,
      });
      await tx.getRepository(CredentialEntity).insert(row);
      return { credential: toCredentialView(row), value: key.value };
    });
  }
}

const IN_THE_PAST = problem.invalid('api_key', 'An API key cannot expire in the past.', {
  issues: [{ path: 'expiresAt', rule: 'future', kind: 'value' }],
});
const TOO_MANY = problem.quotaExceeded(
  'api_key',
  `A user has at most ${MAX_LIVE_API_KEYS} live API keys; revoke one first.`,
  {
    facts: { limit: MAX_LIVE_API_KEYS },
  },
);
