import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';

import type { Operation } from '@slipway/contracts';
import { type Broker, connectBroker, natsUserNames, natsUsers, provision, PROVISION_USER } from '@slipway/messaging';
import type { Logger } from '@slipway/runtime';

import { findNatsServer } from '../backends/find-nats-server.js';
import { startNatsServer } from '../backends/nats-server.js';
import { natsFolderForTest } from '../backends/test-run.js';

const HARNESS_USER = 'harness';

export interface TestBroker {
  /** NATS_URL of a user: a service with its own rights, or the harness, which may do everything. */
  urlOf(user: string): string;
  /** A connection that may do everything, with the inbox of a service, so that the services may answer to it. */
  connectAs(service: string): Promise<Broker>;
  /** Stops the server and keeps its data; `resume` brings it back under the same address. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** A nats-server of its own with the users that the registry gives, its streams and consumers provisioned. */
export async function startTestBroker(operations: readonly Operation[], logger: Logger): Promise<TestBroker> {
  const password = randomBytes(12).toString('hex');
  const passwords = Object.fromEntries(natsUserNames.map((user) => [user, password]));
  const users = [...natsUsers(operations, passwords), { user: HARNESS_USER, password }];
  const dataDir = natsFolderForTest();
  const binary = await findNatsServer();
  let server = await startNatsServer({ binary, dataDir, users });
  const { port } = server;
  const urlOf = (user: string): string => `nats://${user}:${password}@127.0.0.1:${port}`;

  const provisioner = await connectBroker({ service: PROVISION_USER, natsUrl: urlOf(PROVISION_USER), logger });
  try {
    await provision(provisioner.connection, operations);
  } finally {
    await provisioner.close();
  }
  return {
    urlOf,
    connectAs: (service) => connectBroker({ service, natsUrl: urlOf(HARNESS_USER), logger }),
    halt: () => server.stop(),
    resume: async () => {
      server = await startNatsServer({ binary, dataDir, users, port });
    },
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
