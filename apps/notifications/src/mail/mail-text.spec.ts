import { MAIL_TEMPLATES } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { mailText } from './mail-text.js';

const fields = {
  username: 'kim',
  token: 'a_b-c',
  email: 'new@example.org',
  name: 'ops',
  url: 'https://x.example',
  reason: '410',
};

describe('the text of a mail', () => {
  it('leads to the page that resets, whatever slashes PUBLIC_URL ends in', () => {
    const { text } = mailText('password-reset', fields, 'https://engine.example.org/');
    expect(text).toContain('\n\nhttps://engine.example.org/reset-password?token=a_b-c\n\n');
  });

  it.each(MAIL_TEMPLATES)('of %s has a subject of one line, and needs its fields', (template) => {
    expect(mailText(template, fields, 'http://localhost:3000').subject).toMatch(/^[^\r\n]{5,80}$/);
    expect(() => mailText(template, {}, 'http://localhost:3000')).toThrow('needs the field');
  });

  it('tells the old address the new one', () => {
    expect(mailText('email-changed', fields, '').text).toContain('new@example.org');
  });
});
