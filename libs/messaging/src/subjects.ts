// The one place for the names of streams, consumers and subjects. Subjects of operations are literals in libs/contracts.

export const Stream = { commands: 'COMMANDS', events: 'EVENTS', deadLetters: 'DEAD_LETTERS', tries: 'TRIES' } as const;
export type Stream = (typeof Stream)[keyof typeof Stream];

/** A service's durable consumer has the service's name, on each stream that it reads. */
export const durableOf = (service: string): string => service;

export const commandsOf = (service: string): string => `cmd.${service}.>`;
export const eventsOf = (service: string): string => `evt.${service}.>`;
export const queriesOf = (service: string): string => `qry.${service}.>`;
export const deadLetterSubject = (stream: string, consumer: string): string => `dlq.${stream}.${consumer}`;
/** Of one message, or of all with `>`. */
export const triesSubject = (stream: string, consumer: string, message: string): string =>
  `try.${stream}.${consumer}.${message}`;
export const inboxPrefixOf = (user: string): string => `_INBOX_${user}`;

export const ALL_LOGS = 'log.>';
export const ALL_FEEDS = 'feed.>';
export const ALL_READERS = 'readers.>';

/** `log.<environment>.<app>.<pod>.<container>`; a part left out is a wildcard for subscribers. */
export function logSubject(of: { environment: string; app: string; pod?: string; container?: string }): string {
  const part = (text: string | undefined): string => (text === undefined ? '*' : encodeToken(text));
  return `log.${part(of.environment)}.${part(of.app)}.${part(of.pod)}.${part(of.container)}`;
}

export const feedSubject = (userId: string): string => `feed.${encodeToken(userId)}`;
export const readersSubject = (gateway: string): string => `readers.${encodeToken(gateway)}`;

/**
 * Text of users as one token of a subject: everything but letters, digits, `-` and `_` becomes `=XX` per UTF-8 byte, and the empty
 * text `=`. Different texts never meet in one token.
 */
export function encodeToken(text: string): string {
  if (text === '') return '=';
  return text.replace(/[^A-Za-z0-9_-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** The text that `encodeToken` was given. */
export function decodeToken(token: string): string {
  if (token === '=') return '';
  return token.replace(/(?:=[0-9A-F]{2})+/g, (run) => Buffer.from(run.replaceAll('=', ''), 'hex').toString());
}
