import { randomUUID } from 'node:crypto';

import type { Tx } from '@slipway/persistence';

import { emailKey, usernameFromEmail, usernameKey } from './user.js';
import { UserEntity } from './user.entity.js';
import { alreadyTaken, saveUnique, takenFields } from './user.queries.js';

/** How many made-up names are tried before the clash is told. */
const NAME_ATTEMPTS = 1000;

export interface NewUser {
  readonly email: string;
  /** Null makes one from the address. */
  readonly username: string | null;
  readonly passwordHash: string;
  readonly admin: boolean;
}

/** @throws Refusal `already_exists` naming the fields, also when two requests race */
export async function createUser(tx: Tx, wanted: NewUser): Promise<UserEntity> {
  const username = wanted.username ?? (await freeUsername(tx, wanted.email));
  const taken = await takenFields(tx, { email: wanted.email, username });
  if (taken.length > 0) throw alreadyTaken(taken);
  const now = new Date();
  const user = tx.getRepository(UserEntity).create({
    id: randomUUID(),
    email: wanted.email,
    emailKey: emailKey(wanted.email),
    username,
    usernameKey: usernameKey(username),
    passwordHash: wanted.passwordHash,
    state: 'active',
    admin: wanted.admin,
    lastLoginAt: null,
    createdAt: now,
    updatedAt: now,
  });
  return saveUnique(tx, user);
}

async function freeUsername(tx: Tx, email: string): Promise<string> {
  for (let attempt = 0; attempt < NAME_ATTEMPTS; attempt++) {
    const username = usernameFromEmail(email, attempt);
    if (!(await tx.getRepository(UserEntity).existsBy({ usernameKey: usernameKey(username) }))) return username;
  }
  throw alreadyTaken(['username']);
}
