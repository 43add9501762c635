import { describe, expect, it } from 'vitest';

import { describeConnectionFault } from './database-address.js';

const url = 'postgres://catalog:hush@db.internal:6543/slipway';
const withCode = (code: string): Error => Object.assign(new Error('hush'), { code });

describe('describeConnectionFault', () => {
  it.each([
    ['28P01', 'DATABASE_URL: PostgreSQL at db.internal:6543/slipway refuses the user catalog or its password.'],
    ['3D000', 'DATABASE_URL: PostgreSQL at db.internal:6543 has no database slipway.'],
    ['ENOTFOUND', 'DATABASE_URL: the host db.internal cannot be resolved.'],
    ['ECONNREFUSED', 'DATABASE_URL: nothing listens at db.internal:6543/slipway.'],
  ])('%s is one sentence that names variable and host', (code, text) => {
    const described = describeConnectionFault(withCode(code), url);
    expect(described).toContain(text);
    expect(described).not.toContain('hush');
  });

  it('reads the first of several addresses that failed', () => {
    expect(describeConnectionFault(new AggregateError([withCode('ECONNREFUSED')]), url)).toContain(
      'nothing listens at',
    );
  });

  it.each(['not a url', 'mysql://u:hush@h/d', ''])(
    'tells what a connection string looks like instead of %j',
    (text) => {
      const described = describeConnectionFault(new Error('x'), text, 'OWNER_URL');
      expect(described).toBe(
        'OWNER_URL is no connection string of PostgreSQL: it has the form postgres://user:password@host:5432/database.',
      );
    },
  );
});
