import { Email, OneOf, Optional, Sealed, TextMap, Time } from '../fields.js';

/** What a mail says; its fields are named beside it. */
export const MAIL_TEMPLATES = [
  /** `username`, `token` */
  'password-reset',
  /** `username`, `email`: the new address, told to the old one */
  'email-changed',
  /** `name`, `url`, `reason` */
  'webhook-disabled',
] as const;
export type MailTemplate = (typeof MAIL_TEMPLATES)[number];

export class SendMail {
  @Email() to: string;
  @OneOf(MAIL_TEMPLATES) template: MailTemplate;
  /** Sealed as a whole: among them are tokens. */
  @TextMap() @Sealed() fields: Record<string, string>;
  /** When it has lost its sense: later it is not sent any more. */
  @Time() @Optional() expiresAt?: string;
}
