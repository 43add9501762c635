import { describe, expect, it } from 'vitest';

import { isSigned } from './main-job.js';

describe('the signature of a webhook', () => {
  const text =
    '{"deployment_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","status":"completed","type":"deployment_completed","timestamp":"2026-03-01T10:00:07Z","app_name":"shop","user_id":"0b9f7f3e-52a4-4c0e-9a70-3c4f5a1d2e6b","url":"https://shop.apps.example.com"}';
  const headers = {
    'webhook-id': '4711',
    'webhook-timestamp': '1772359207',
    'webhook-signature': 'v1,u1zx6hdqfM3JSlqZ2dmafuqX9sEc/mL6zI4KFbkCa4A=',
  };

  it('is that of the published vector', () => {
    expect(isSigned({ headers, text }, 'whsec_c2xpcHdheS1nb2xkZW4tc2VjcmV0LTAw')).toBe(true);
  });

  it('is wrong for another body, time or secret', () => {
    expect(isSigned({ headers, text: text.replace('shop', 'shed') }, 'whsec_c2xpcHdheS1nb2xkZW4tc2VjcmV0LTAw')).toBe(
      false,
    );
    expect(
      isSigned(
        { headers: { ...headers, 'webhook-timestamp': '1772359208' }, text },
        'whsec_c2xpcHdheS1nb2xkZW4tc2VjcmV0LTAw',
      ),
    ).toBe(false);
    expect(isSigned({ headers, text }, 'whsec_AAAA')).toBe(false);
  });
});
