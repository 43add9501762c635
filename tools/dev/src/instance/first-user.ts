import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { UserError } from '../user-error.js';

/** What scripts read to go on from there. */
export interface FirstUser {
  url: string;
  email: string;
  username: string;
  password: string;
  apiKey: string;
}

/**
 * The first user of `<data dir>/first-user.json`. When the file is gone, a new password and key: `migrate` gives them to the
 * account, and the old ones end.
 */
export function firstUserOf(dataDir: string, url: string, make: () => Omit<FirstUser, 'url'>): FirstUser {
  const file = join(dataDir, 'first-user.json');
  if (!existsSync(file)) return { url, ...make() };
  try {
    return { ...(JSON.parse(readFileSync(file, 'utf8')) as FirstUser), url };
  } catch {
    throw new UserError(`${file} is damaged: remove it, and the first user gets a new password and key`);
  }
}

/** Written once the account exists, so that the file never promises what does not work. */
export function writeFirstUser(dataDir: string, user: FirstUser): void {
  writeFileSync(join(dataDir, 'first-user.json'), `${JSON.stringify(user, null, 2)}\n`, { mode: 0o600 });
}
