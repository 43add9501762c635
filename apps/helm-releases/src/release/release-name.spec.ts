import { expect, it } from 'vitest';

import { isReleaseName } from './release-name.js';

it.each(['a', 'web-1', '0', 'a.b-c.d', 'x'.repeat(53)])('%j is a name of a release', (name) =>
  expect(isReleaseName(name)).toBe(true),
);
it.each(['', '-a', 'a-', 'a..b', '.a', 'a.', 'A', 'a_b', 'a,b=c', 'a b', 'ä', 'a\n', 'x'.repeat(54)])(
  '%j is none',
  (name) => expect(isReleaseName(name)).toBe(false),
);
