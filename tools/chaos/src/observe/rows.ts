// What the database holds in the end, asked as its owner. Rows are told in the words of ./world.ts.
import type { RigDatabase } from '../rig/database.js';
import type { AppRow, AudienceRow, DeliveryRow, EndpointRow, EventRow, FeedRow, KeyRow, World } from './world.js';

/** Schemas that hold an outbox. */
export const OUTBOXES = ['identity', 'catalog', 'deployments', 'logs', 'notifications'];

type Rows = Pick<World, 'apps' | 'events' | 'keys' | 'activityIds' | 'feed' | 'endpoints' | 'deliveries' | 'audiences'>;

export async function observeRows(database: RigDatabase): Promise<Rows> {
  const outboxes = OUTBOXES.map((schema) => `select '${schema}' as service, * from ${schema}.outbox`).join(
    ' union all ',
  );
  const [apps, events, keys, activities, feed, endpoints, deliveries, audiences] = await Promise.all([
    database.sql<AppRow>(`
      select app.id, app.name, app.owner_id as "ownerId", environment.namespace, app.version, app.revision, generation,
             observed_generation as "observedGeneration", phase, reason, stopped, replicas
        from deployments.app left join deployments.environment on environment.id = app.environment_id`),
    database.sql<EventRow>(`
      select service, id, subject, envelope->>'correlationId' as "requestId", payload->'app'->>'id' as "appId",
             payload->'app'->>'name' as "appName", (payload->'app'->>'version')::int as "appVersion",
             payload->'app'->>'ownerId' as "ownerId", sent_at is not null as sent,
             (extract(epoch from created_at) * 1000)::float8 as "createdAt"
        from (${outboxes}) as outbox order by created_at`),
    database.sql<KeyRow>(
      `select id, "userId", name, "revokedAt" is not null as revoked from identity.credential where kind = 'api-key'`,
    ),
    database.sql<{ id: string }>(`select id from logs.activity`),
    database.sql<FeedRow>(
      `select "userId", id::text, "eventId", fact from notifications.feed_entry order by "userId", id`,
    ),
    database.sql<EndpointRow>(`
      select id, "userId" as "ownerId", url, active, (extract(epoch from "createdAt") * 1000)::float8 as "createdAt"
        from notifications.subscription`),
    database.sql<DeliveryRow>(`
      select "endpointId", "ownerId", "eventId", type, status, attempts, "lastError" from notifications.delivery`),
    database.sql<AudienceRow>(`select app_id as "appId", version from logs.app_audience`),
  ]);
  return { apps, events, keys, activityIds: activities.map(({ id }) => id), feed, endpoints, deliveries, audiences };
}
