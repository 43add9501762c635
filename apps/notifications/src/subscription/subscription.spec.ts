import { describe, expect, it } from 'vitest';

import { changed, isWebhookUrl } from './subscription.js';

describe('isWebhookUrl', () => {
  it.each(['http://example.org', 'https://example.org:8443/a?b=c#d', 'http://[::1]:80/'])('takes %s', (url) => {
    expect(isWebhookUrl(url)).toBe(true);
  });

  it.each([
    '',
    'example.org',
    'ftp://example.org',
    'javascript:alert(1)',
    'http://kim@example.org',
    'http://:x@a.b',
    'http://',
  ])('refuses "%s"', (url) => {
    expect(isWebhookUrl(url)).toBe(false);
  });
});

describe('changed', () => {
  const before = {
    name: 'ops',
    url: 'https://example.org',
    types: ['deployment_failed' as const],
    active: false,
    disabledReason: 'it failed for five days',
  };

  it('keeps what is not named', () => {
    expect(changed(before, {})).toEqual(before);
    expect(changed(before, { name: 'dev', types: [] })).toEqual({ ...before, name: 'dev', types: [] });
  });

  it('forgets why it was disabled when it is enabled', () => {
    expect(changed(before, { active: true })).toMatchObject({ active: true, disabledReason: null });
    expect(changed(before, { active: false })).toMatchObject({ active: false, disabledReason: before.disabledReason });
  });
});
