import { Controller } from '@nestjs/common';
import { sendMail, updateUser, userUpdated, type Envelope, type UpdateUser, type UserView } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { checkUsername, emailKey, usernameKey } from './user.js';
import { alreadyTaken, lockActingUser, saveUnique, takenFields, turnOf } from './user.queries.js';
import { toUserView } from './user.view.js';

@Controller()
export class UpdateUserHandler {
  constructor(private readonly inbox: Inbox) {}

  @Handles(updateUser)
  handle(input: UpdateUser, envelope: Envelope): Promise<UserView> {
    return this.inbox.onceInTurn(turnOf(envelope), updateUser, envelope, async (tx) => {
      const wrong = input.username === undefined ? null : checkUsername(input.username);
      if (wrong) throw new Refusal(wrong);
      const user = await lockActingUser(tx, envelope);
      const taken = await takenFields(tx, input, user.id);
      if (taken.length > 0) throw alreadyTaken(taken);
      const { email = user.email, username = user.username } = input;
      if (email !== user.email || username !== user.username) {
        // To the old address: whoever took the account over would not tell its owner.
        const announcement = { username: user.username, email };
        const old = user.email;
        const moved = emailKey(email) !== user.emailKey;
        Object.assign(user, {
          email,
          emailKey: emailKey(email),
          username,
          usernameKey: usernameKey(username),
          updatedAt: new Date(),
        });
        await saveUnique(tx, user);
        await tx.outbox.add(userUpdated, { userId: user.id, email });
        if (moved) await tx.outbox.send(sendMail, { to: old, template: 'email-changed', fields: announcement });
      }
      return toUserView(tx, user);
    });
  }
}
