import type { ReaderCount, TestedFact } from '@slipway/contracts';

import type { NotificationStats } from './notifications.dto.js';

const FACTS: Readonly<Record<string, TestedFact>> = {
  deployment_created: 'created',
  deployment_success: 'running',
  deployment_failed: 'failed',
};

/** What the original does not know it takes for a change of status. */
export function toTestedFact(type: string | null): TestedFact {
  return (type !== null && Object.hasOwn(FACTS, type) && FACTS[type]) || 'deploying';
}

/** Event streams count as well: the document knows sockets alone, and its message stays as it is. */
export function toNotificationStats({ users, connections }: ReaderCount): NotificationStats {
  const message = `WebSocket service is running with ${users} connected users`;
  return { connected_users: users, connections, message };
}
