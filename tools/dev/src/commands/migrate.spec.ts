import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { firstUserKey } from '../first-user-key.js';

const command = fileURLToPath(new URL('../../dist/commands/migrate.js', import.meta.url));

describe('migrate', () => {
  const complaintsAt = (key: string): string[] => {
    const env = { FIRST_USER_API_KEY: key };
    const { stderr, stdout } = spawnSync(process.execPath, [command], { encoding: 'utf8', env });
    const told = ['DATABASE_URL', 'DATABASE_PASSWORDS', 'FIRST_USER_API_KEY'];
    return told.filter((variable) => `${stdout}${stderr}`.includes(variable));
  };

  it('takes a first key with any prefix, and none that would be refused wherever it is shown', () => {
    const missing = ['DATABASE_URL', 'DATABASE_PASSWORDS'];
    expect(complaintsAt(firstUserKey('acme_'))).toEqual(missing);
    const wrong = [`${firstUserKey('ce_dev_').slice(0, -1)}!`, firstUserKey('a-b'), firstUserKey(''), 'a password'];
    for (const key of wrong) expect(complaintsAt(key)).toEqual([...missing, 'FIRST_USER_API_KEY']);
  });
});
