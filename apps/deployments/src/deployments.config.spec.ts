import { readConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { DeploymentsConfig } from './deployments.config.js';

describe('DeploymentsConfig', () => {
  it('warns in production of a DOMAIN_SUFFIX that was left as it is, and of nothing else', () => {
    const warningsOf = (env: Record<string, string>, production = true) =>
      readConfig(DeploymentsConfig, env, production).warnings;
    expect(warningsOf({})).toEqual([
      'DOMAIN_SUFFIX is not set, and its default, "vinhomes.co.uk", is only a placeholder. Hosts of apps are names under it.',
    ]);
    expect(warningsOf({ DOMAIN_SUFFIX: 'apps.example.com' })).toEqual([]);
    expect(warningsOf({}, false)).toEqual([]);
  });
});
