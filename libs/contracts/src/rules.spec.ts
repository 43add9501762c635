import { describe, expect, it } from 'vitest';

import {
  isDnsLabel,
  isDnsName,
  isEmail,
  isImageReference,
  isQuantity,
  isRfc3339,
  isUuid,
  isVariableName,
} from './rules.js';

const cases = (matches: (text: string) => boolean, good: string[], bad: string[]) => () => {
  expect(good.filter((text) => !matches(text))).toEqual([]);
  expect(bad.filter((text) => matches(text))).toEqual([]);
};

describe('rules', () => {
  it(
    'uuid',
    cases(
      isUuid,
      ['7C9E6679-7425-40de-944b-e07fc1f90ae7', '00000000-0000-0000-0000-000000000000'],
      ['not-a-uuid', '', '7c9e667974254 0de944be07fc1f90ae7'],
    ),
  );
  it(
    'dns label',
    cases(isDnsLabel, ['a', 'shop-2', '0shop', 'a'.repeat(63)], ['', 'Shop', '-a', 'a-', 'a.b', 'a'.repeat(64), 'a\n']),
  );
  it(
    'dns name',
    cases(
      isDnsName,
      ['a', 'apps.example.com', '1.2', `${'a'.repeat(63)}.${'b'.repeat(63)}`],
      ['', '.', 'a..b', 'a.', '.a', 'a-.b', 'A.b', `${'a'.repeat(64)}.b`, 'a.'.repeat(127) + 'b'],
    ),
  );
  it(
    'variable name',
    cases(
      isVariableName,
      ['A', 'a.b-c', '_X', '-'],
      ['', '.', '..a', '1A', '__proto__', 'constructor', 'A B', 'A'.repeat(254)],
    ),
  );
  it(
    'image reference',
    cases(
      isImageReference,
      [
        'nginx',
        'nginx:1.27',
        'registry.example.org/team/shop:1',
        'localhost:5000/a/b',
        `a@sha256:${'0'.repeat(64)}`,
        `[::1]:5000/a`,
        'a__b/c-d',
        'Registry.example.org/a',
      ],
      [
        '',
        'Shop:1:2',
        'Shop',
        'a//b',
        '/a',
        'a/',
        'a:',
        'a@sha256:1',
        'a b',
        `${'a'.repeat(256)}`,
        'a:-x',
        'http://a/b',
      ],
    ),
  );
  it(
    'quantity',
    cases(
      isQuantity,
      ['100m', '1', '0.5', '128Mi', '1e3', '.5', '1G', '9E', '7Ei', '9e18', '100000000000000000000m'],
      ['', '0', '0m', '-1', '1 Gi', '1mi', 'abc', '1e', '10E', '8Ei', '1e19', '9999999999999999999', '1e99'],
    ),
  );
  it(
    'time',
    cases(
      isRfc3339,
      ['2099-12-31T23:59:59Z', '2026-02-28t00:00:00.123456789+05:30'],
      ['2026-02-29T00:00:00Z', '2026-01-01', '2026-01-01T24:00:00Z', '2026-01-01T00:00:00', 'now'],
    ),
  );
  it(
    'e-mail',
    cases(
      isEmail,
      ['kim@example.org', 'KIM@localhost', 'a+b@x.de', 'ü@exämple.org'],
      ['', 'kim', '@x', 'a b@x', 'a@', 'a@b..c', `${'a'.repeat(65)}@x`, 'a@-b', 'a@b@c@'],
    ),
  );
});
