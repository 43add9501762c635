import { operations } from '@slipway/contracts';

/** One row per message, by service and kind: who owns it, who sends it, who hears it. */
export function messageTable(): string {
  const rows = operations.map((operation) => {
    const others =
      operation.kind === 'event'
        ? `heard by ${operation.listeners.join(', ') || 'nobody yet'}`
        : `sent by ${operation.senders.join(', ')}`;
    return `| \`${operation.subject}\` | ${operation.service} | ${others} |`;
  });
  return ['| subject | owner | others |', '| --- | --- | --- |', ...rows].join('\n');
}
