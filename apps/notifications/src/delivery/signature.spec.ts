import { describe, expect, it } from 'vitest';

import { generateSecret, keyOf, signatureOf, signingKey } from './signature.js';

const GOLDEN = {
  secret: 'whsec_c2xpcHdheS1nb2xkZW4tc2VjcmV0LTAw',
  body: '{"deployment_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","status":"completed","type":"deployment_completed","timestamp":"2026-03-01T10:00:07Z","app_name":"shop","user_id":"0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b","url":"https://shop.apps.example.com"}',
};

describe('signatureOf', () => {
  it('signs the golden delivery as recorded', () => {
    expect(signatureOf([signingKey(GOLDEN.secret)], '4711', 1772359207, GOLDEN.body)).toBe(
      'v1,u1zx6hdqfM3JSlqZ2dmafuqX9sEc/mL6zI4KFbkCa4A=',
    );
  });

  it('signs the example of Standard Webhooks 1.0', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(signatureOf([signingKey(secret)], 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  it('signs once for each secret, in their order', () => {
    const keys = ['one', 'two'].map(signingKey);
    const [one, two] = keys.map((key) => signatureOf([key], '4711', 1, '{}'));
    expect(signatureOf(keys, '4711', 1, '{}')).toBe(`${one} ${two}`);
  });
});

describe('keyOf', () => {
  it.each([
    ['whsec_c2xpcHdheQ==', 'slipway'],
    ['whsec_c2xpcHdheQ', 'slipway'],
    ['just a text', 'just a text'],
    ['c2xpcHdheQ==', 'c2xpcHdheQ=='],
    ['whsec_', 'whsec_'],
    ['whsec_not base64!', 'whsec_not base64!'],
    ['whsec_c2xpc', 'whsec_c2xpc'],
  ])('reads %s', (secret, key) => {
    expect(keyOf(secret).toString()).toBe(key);
  });
});

describe('generateSecret', () => {
  it('gives 32 random bytes each time', () => {
    const secrets = [generateSecret(), generateSecret()];
    expect(new Set(secrets).size).toBe(2);
    for (const secret of secrets) expect(keyOf(secret)).toHaveLength(32);
  });
});
