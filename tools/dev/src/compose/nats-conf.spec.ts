import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { composeNatsConf } from './nats-conf.js';

describe('deploy/nats.conf', () => {
  it('has the rights that the contracts say (npm run gen:nats writes it)', () => {
    expect(readFileSync(new URL('../../../../deploy/nats.conf', import.meta.url), 'utf8')).toBe(composeNatsConf());
  });

  it('holds no password', () => {
    expect(composeNatsConf().match(/"password": (?!\$)/g)).toBeNull();
  });
});
