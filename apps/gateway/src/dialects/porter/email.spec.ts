import { expect, it } from 'vitest';

import { isEmail } from './email.js';

it.each([
  'ada@example.com',
  'a.b+c@x-y.example.co',
  "!#$%&'*+-/=?^_`{|}~@example.com",
  'ädä@exämple.cöm',
  '"a b@c"@example.com',
  '"a\\"b"@example.com',
  'a@b.cd.',
  'a@1.x1y',
  'a@x_y~z.com',
])('%s is an address', (text) => expect(isEmail(text)).toBe(true));

it.each([
  'ada',
  '@example.com',
  'ada@',
  'ada@localhost',
  'a@b@c.com',
  '.a@b.com',
  'a.@b.com',
  'a..b@c.com',
  'a b@c.com',
  'a@-b.com',
  'a@b-.com',
  'a@b..com',
  'a@b.com..',
  'a@b.1',
  'a@b.c1',
  'a@b.-c',
  '"a@b.com',
  '"a"b"@c.com',
  'a@[127.0.0.1]',
])('%s is none', (text) => expect(isEmail(text)).toBe(false));

it('is told in linear time', () => {
  const begun = performance.now();
  for (const text of [`${'a.'.repeat(50_000)}@b.com`, `a@${'b-'.repeat(50_000)}.com`, `"${'\\'.repeat(100_000)}@b.com`])
    isEmail(text);
  expect(performance.now() - begun).toBeLessThan(500);
});
