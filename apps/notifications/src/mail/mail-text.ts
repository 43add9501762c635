// What mails say. Pure. Text only: nothing in them can be markup, whatever a user calls himself.
import type { MailTemplate } from '@slipway/contracts';

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** @throws Error when a field of the template is missing: a defect of the sender */
export function mailText(
  template: MailTemplate,
  fields: Readonly<Record<string, string>>,
  publicUrl: string,
): MailText {
  const field = (name: string): string => {
    const value = fields[name];
    if (value === undefined) throw new Error(`a mail ${template} needs the field ${name}`);
    return value;
  };
  switch (template) {
    case 'password-reset': {
      const link = `${publicUrl.replace(/\/+$/, '')}/reset-password?token=${encodeURIComponent(field('token'))}`;
      return {
        subject: 'Reset your password',
        text: paragraphs(
          `Hello ${field('username')},`,
          'somebody asked to reset the password of your account. This link does it, once and within one hour:',
          link,
          'If it was not you, do nothing: your password stays as it is.',
        ),
      };
    }
    case 'email-changed':
      return {
        subject: 'The e-mail address of your account was changed',
        text: paragraphs(
          `Hello ${field('username')},`,
          `the e-mail address of your account is now ${field('email')}. Mails do not come here any more.`,
          'If it was not you, somebody else has access to your account: tell its operator at once.',
        ),
      };
    case 'webhook-disabled':
      return {
        subject: 'A webhook was disabled',
        text: paragraphs(
          `Your webhook ${field('name')} was disabled: ${field('reason')}`,
          `Nothing is sent to ${field('url')} until you enable it again.`,
        ),
      };
  }
}

function paragraphs(...texts: string[]): string {
  return `${texts.join('\n\n')}\n`;
}
