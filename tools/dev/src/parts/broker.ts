import { connect } from 'node:net';
import { join } from 'node:path';

import { findNatsServer, isSupportedNats, type NatsUser, startNatsServer } from '@slipway/testing/backends';

import { UserError } from '../user-error.js';
import { type Part, placeOf, reasonOf } from './database.js';

export interface Broker extends Part {
  /** Without credentials for our own broker, whose users are the services; NATS_URL as it is for another one. */
  readonly url: string;
  readonly external: boolean;
}

export interface BrokerOptions {
  dataDir: string;
  externalUrl?: string;
  users: readonly NatsUser[];
  env: NodeJS.ProcessEnv;
  progress: (line: string) => void;
}

const CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_NATS_PORT = 4222;
/** Headers count, and sealing adds a third to a body of 1 MiB. */
const LEAST_PAYLOAD_BYTES = 2 * 1024 * 1024;

/** The broker of NATS_URL, or a nats-server of our own in the data folder. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { dataDir, externalUrl, users, env, progress } = options;
  if (externalUrl) {
    await checkBroker(externalUrl);
    return {
      url: externalUrl,
      external: true,
      description: `NATS of NATS_URL, ${placeOf(externalUrl)}`,
      stop: async () => {},
    };
  }
  const binary = await findNatsServer({ env, progress });
  const nats = await startNatsServer({ binary, dataDir: join(dataDir, 'nats'), users });
  return { url: nats.url, external: false, description: `NATS on 127.0.0.1:${nats.port}`, stop: () => nats.stop() };
}

async function checkBroker(url: string): Promise<void> {
  try {
    const { hostname, port } = new URL(url.includes('://') ? url : `nats://${url}`);
    const greeting = await greetingOf(hostname, Number(port) || DEFAULT_NATS_PORT);
    if (!isSupportedNats(greeting.version)) {
      throw new Error(
        `it is nats-server ${greeting.version}, and Slipway needs 2.12.7 or newer of 2.12, or 2.14 and later`,
      );
    }
    if (!greeting.jetstream) throw new Error('it has no JetStream: start it with jetstream enabled');
    if (greeting.max_payload < LEAST_PAYLOAD_BYTES) {
      throw new Error(`its max_payload is ${greeting.max_payload}, and Slipway needs ${LEAST_PAYLOAD_BYTES} or more`);
    }
  } catch (error) {
    throw new UserError(`NATS_URL (${placeOf(url)}) cannot be used: ${reasonOf(error)}`);
  }
}

interface Greeting {
  version: string;
  jetstream?: boolean;
  max_payload: number;
}

// A NATS server introduces itself before it asks for a credential.
function greetingOf(host: string, port: number): Promise<Greeting> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    let text = '';
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      const line = /^INFO (\{.*\})\s*\r?\n/.exec(text)?.[1];
      if (line) {
        socket.destroy();
        resolve(JSON.parse(line) as Greeting);
      } else if (text.includes('\n')) fail(new Error('what answers there is no NATS server'));
    });
    socket.once('timeout', () => fail(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`)));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('it closed the connection without a word')));
  });
}
