// The last suite of a run on the real cluster: it judges what the others made Slipway do there.
import { readFileSync, writeFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { runningCluster } from '../facts.js';
import { layoutOf } from '../layout.js';
import { ACCESS_FILE, accessFile, USERNAME } from './access-file.js';
import { auditedCalls } from './used-rights.js';

const { REAL_CLUSTER: name = '', AUDIT_FROM: from = '0', RECORD: record } = process.env;
const facts = runningCluster(layoutOf(name));
const lines = readFileSync(facts?.auditLog ?? '')
  .subarray(Number(from))
  .toString('utf8')
  .trim()
  .split('\n');
const { used, forbidden } = auditedCalls(lines, USERNAME);
if (record) writeFileSync(ACCESS_FILE, accessFile(used));

describe('deploy/access.yaml', () => {
  it('lets Slipway do everything that it asked for', () => {
    expect(used).not.toEqual([]);
    expect(forbidden).toEqual([]);
  });

  it('grants nothing that Slipway did not use: if it differs, npm run test:cluster -- --record', () => {
    expect(readFileSync(ACCESS_FILE, 'utf8')).toEqual(accessFile(used));
  });
});
