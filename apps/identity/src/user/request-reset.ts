import { createHash, randomBytes } from 'node:crypto';

import { Controller } from '@nestjs/common';
import { type Envelope, problem, requestReset, type RequestReset, sendMail } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';
import { IsNull, MoreThan } from 'typeorm';

import { HOUR_MS, RESET_TOKEN_LIFE_MS, RESETS_AN_HOUR } from './reset-token.js';
import { ResetTokenEntity } from './reset-token.entity.js';
import { emailKey } from './user.js';
import { UserEntity } from './user.entity.js';

@Controller()
export class RequestResetHandler {
  constructor(private readonly inbox: Inbox) {}

  /** The token is made here and leaves sealed, in the mail alone: whoever asks never sees it. */
  @Handles(requestReset)
  handle(input: RequestReset, envelope: Envelope): Promise<void> {
    return this.inbox.onceInTurn(`reset ${emailKey(input.email)}`, requestReset, envelope, async (tx) => {
      // Locked, so that requests at once are counted one after the other.
      const user = await tx.getRepository(UserEntity).findOne({
        where: { emailKey: emailKey(input.email), state: 'active' },
        lock: { mode: 'pessimistic_write' },
      });
      // Behind queueReset nobody waits for this, and strangers would fill the log with refusals.
      if (!user && !envelope.replyTo) return;
      if (!user) throw new Refusal(problem.notFound('user', 'There is no account with this e-mail address.'));
      const now = new Date();
      const tokens = tx.getRepository(ResetTokenEntity);
      const anHourAgo = new Date(now.getTime() - HOUR_MS);
      const recent = await tokens.countBy({ userId: user.id, createdAt: MoreThan(anHourAgo) });
      if (recent >= RESETS_AN_HOUR) return;
      await tokens.update({ userId: user.id, usedAt: IsNull(), expiresAt: MoreThan(now) }, { expiresAt: now });
      const token = randomBytes(32).toString('base64url');
      const digest = createHash('sha256').update(token).digest('hex');
      const expiresAt = new Date(now.getTime() + RESET_TOKEN_LIFE_MS);
      await tokens.insert({ digest, userId: user.id, createdAt: now, expiresAt, usedAt: null });
      await tx.outbox.send(sendMail, {
        to: user.email,
        template: 'password-reset',
        fields: { username: user.username, token },
        expiresAt: expiresAt.toISOString(),
      });
    });
  }
}
