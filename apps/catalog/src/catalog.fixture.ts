// What the specs of this service share: the service itself on a database and a broker of its own, and the events that it listens to.
import { randomBytes, randomUUID } from 'node:crypto';

import {
  type Actor,
  type AppFacts,
  type Envelope,
  EnvironmentKind,
  type EnvironmentView,
  type Event,
  getEnvironment,
  listEnvironments,
  operations,
} from '@slipway/contracts';
import { Bus, connectBroker, EventPublisher, JetStreamTransport, provision } from '@slipway/messaging';
import { migrate, prepareDatabase } from '@slipway/persistence';
import { AdminServer, createLogger, startService } from '@slipway/runtime';
import { createDatabase, startNatsForTest } from '@slipway/testing';
import { isObservable, lastValueFrom } from 'rxjs';
import { DataSource } from 'typeorm';

import { catalog, migrations } from './index.js';

const logger = createLogger({ level: 'fatal' });

export interface CatalogUnderTest {
  readonly dataSource: DataSource;
  /** Hands an event to its handler, as the transport does, and returns after the commit. The same id is a second delivery. */
  deliver<P extends object>(event: Event<P>, payload: P, id?: string): Promise<void>;
  /** Publishes an event on the broker and returns before anybody has seen it. */
  publish<P extends object>(event: Event<P>, payload: P): Promise<void>;
  get(actor: Actor, name: string): Promise<EnvironmentView>;
  /** The names of the Environments that the actor sees. */
  list(actor?: Actor): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startCatalog(): Promise<CatalogUnderTest> {
  const database = await createDatabase();
  const nats = await startNatsForTest();
  const role = `catalog_${randomBytes(4).toString('hex')}`;
  await prepareDatabase(database.ownerUrl, [{ service: catalog.name, role, password: 'secret' }]);
  await migrate(database.ownerUrl, { service: catalog.name, migrations });
  const provisioner = await connectBroker({ service: 'provision', natsUrl: nats.url, logger });
  await provision(provisioner.connection, operations);
  await provisioner.close();

  const env = {
    DATABASE_URL: urlAs(database.ownerUrl, role, 'secret'),
    NATS_URL: nats.url,
    ENCRYPTION_KEYS: `1:${randomBytes(32).toString('base64')}`,
  };
  const running = await startService(catalog, { env, adminServer: new AdminServer(), logger, signals: false });
  await running.ready;
  const bus = running.app.get(Bus, { strict: false });
  const publisher = running.app.get(EventPublisher, { strict: false });
  const dataSource = running.app.get(DataSource, { strict: false });
  const transport = running.app.get(JetStreamTransport, { strict: false });
  const call = (actor?: Actor) => ({ correlationId: randomUUID(), actor });
  return {
    dataSource,
    async deliver(event, payload, id = randomUUID()) {
      const handler = transport.getHandlerByPattern(event.subject);
      if (!handler) throw new Error(`nobody listens to ${event.subject}`);
      const envelope: Envelope = { messageId: randomUUID(), operationId: id, correlationId: randomUUID() };
      const result: unknown = await handler(payload, envelope);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    },
    publish: (event, payload) =>
      publisher.publish({
        subject: event.subject,
        id: randomUUID(),
        envelope: { correlationId: randomUUID() },
        payload,
      }),
    get: (actor, name) => bus.query(getEnvironment, { name }, call(actor)),
    async list(actor) {
      const { environments } = await bus.query(listEnvironments, {}, call(actor));
      return environments.map(({ name }) => name);
    },
    async stop() {
      await running.close();
      await nats.stop();
      await database.drop();
    },
  };
}

export function actor(changes: Partial<Actor> = {}): Actor {
  return {
    userId: randomUUID(),
    number: 1,
    username: 'kim',
    email: 'kim@example.org',
    teams: [],
    admin: false,
    credential: { id: randomUUID(), kind: 'session', scope: 'full' },
    ...changes,
  };
}

/** An App with an Environment of its own, as its events tell of it. */
export function dedicatedApp(ownerId: string, name: string, changes: Partial<AppFacts> = {}): AppFacts {
  return {
    id: randomUUID(),
    name,
    environment: { id: randomUUID(), name, namespace: name, kind: EnvironmentKind.dedicated },
    ownerId,
    teams: [],
    origin: 'container-engine',
    version: 1,
    ...changes,
  };
}

function urlAs(ownerUrl: string, user: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = user;
  url.password = password;
  return url.href;
}
