// Publishes facts about Apps as the outbox relay of deployments does: with its rights, into its stream, acknowledged when they are on disk.
// What is measured begins where a fact has been committed and sent; no cluster has to follow thousands of changes for it.
import { randomUUID } from 'node:crypto';

import { type AppFacts, type AppRestarted, appRestarted, EnvironmentKind } from '@slipway/contracts';
import { type Broker, connectBroker, EventPublisher } from '@slipway/messaging';
import { createLogger } from '@slipway/runtime';

import { markOf } from '../measure/mark.js';

export class FactSource {
  private readonly apps = new Map<string, AppFacts>();
  private readonly publisher: EventPublisher;

  /** @param natsUrl of a broker that lets its user publish them */
  static async open(natsUrl: string): Promise<FactSource> {
    const logger = createLogger({ level: 'warn' });
    return new FactSource(await connectBroker({ service: 'deployments', natsUrl, logger }));
  }

  private constructor(private readonly broker: Broker) {
    this.publisher = new EventPublisher(broker);
  }

  /** Tells that an App of this user was restarted, whose name is the mark. Resolves when the broker has it. */
  restarted(ownerId: string, index: number, planned: number): Promise<void> {
    const app = { ...this.appOf(ownerId), name: markOf(index, planned) };
    const payload: AppRestarted = { app, actor: null, revision: 1 };
    const envelope = { correlationId: randomUUID(), occurredAt: Date.now() };
    return this.publisher.publish({ subject: appRestarted.subject, id: randomUUID(), envelope, payload });
  }

  close(): Promise<void> {
    return this.broker.close();
  }

  // One App for each user, so that what keeps a row per App does not grow.
  private appOf(ownerId: string): AppFacts {
    const known = this.apps.get(ownerId);
    const app: AppFacts = known
      ? { ...known, version: known.version + 1 }
      : {
          id: randomUUID(),
          name: 'bench',
          environment: { id: randomUUID(), name: 'bench', namespace: 'bench', kind: EnvironmentKind.dedicated },
          ownerId,
          teams: [],
          origin: 'container-engine',
          version: 1,
        };
    this.apps.set(ownerId, app);
    return app;
  }
}
