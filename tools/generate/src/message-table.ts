import { type AnyEvent, operations } from '@slipway/contracts';

/** One row per message, by service and kind: who owns it, who sends it, who hears it. */
export function messageTable(): string {
  const rows = operations.map((operation) => {
    const others = operation.kind === 'event' ? hearersOf(operation) : `sent by ${operation.senders.join(', ')}`;
    return `| \`${operation.subject}\` | ${operation.service} | ${others} |`;
  });
  return ['| subject | owner | others |', '| --- | --- | --- |', ...rows].join('\n');
}

function hearersOf({ listeners, liveListeners }: AnyEvent): string {
  const hearers = [...listeners, ...liveListeners.map((service) => `${service} as it passes`)];
  return `heard by ${hearers.join(', ') || 'nobody yet'}`;
}
