import type { UserView } from '@slipway/contracts';
import type { Reader } from '@slipway/persistence';

import { countLiveApiKeys } from '../credential/credential.queries.js';
import type { UserEntity } from './user.entity.js';

export async function toUserView(tx: Reader, user: UserEntity): Promise<UserView> {
  return {
    id: user.id,
    number: user.number,
    username: user.username,
    email: user.email,
    state: user.state,
    createdAt: user.createdAt.toISOString(),
    updatedAt: user.updatedAt.toISOString(),
    lastLoginAt: user.lastLoginAt?.toISOString() ?? null,
    liveApiKeys: await countLiveApiKeys(tx, user.id),
  };
}
