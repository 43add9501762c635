// What `npm run dead-letters` runs: messages that no service could handle, and sending them again once the reason is gone.
import 'reflect-metadata';

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import {
  type Broker,
  connectBroker,
  type DeadLetter,
  getDeadLetter,
  listDeadLetters,
  OPERATOR_USER,
  replayDeadLetter,
} from '@slipway/messaging';
import { createLogger, loadConfig, Variable } from '@slipway/runtime';

import { openSecrets } from '../instance/secrets.js';
import { brokerPassword } from '../services/service-environment.js';
import { UserError } from '../user-error.js';

const USAGE = `npm run dead-letters -- list [--from N]     the oldest 100, or those from number N on
npm run dead-letters -- show N              one of them, with its headers and its body (sealed fields stay sealed)
npm run dead-letters -- replay N            sends it again and removes it; what took effect before does not take effect twice

  --data-dir D    folder of the instance (default .slipway)

NATS_URL names the broker of another instance, with the user \`${OPERATOR_USER}\`.`;

export class DeadLettersConfig {
  @Variable('NATS_URL', { secret: true, description: `The message broker, with the user \`${OPERATOR_USER}\`.` })
  natsUrl?: string;

  @Variable('INIT_CWD', { description: "The user's folder, which npm keeps here." })
  folder?: string;
}

async function run(args: string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      'data-dir': { type: 'string', default: '.slipway' },
      from: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [command = 'help', number = ''] = positionals;
  const act = values.help ? undefined : commands[command];
  if (!act) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const { natsUrl, folder = process.cwd() } = loadConfig(DeadLettersConfig, process.env, { subject: 'dead-letters' });
  const url = natsUrl ?? instanceUrl(resolve(folder, values['data-dir']));
  const broker = await connectBroker({
    service: OPERATOR_USER,
    natsUrl: url,
    logger: createLogger({ level: 'error' }),
  });
  try {
    process.stdout.write(`${await act(broker, number || values.from)}\n`);
  } finally {
    await broker.close();
  }
}

type Act = (broker: Broker, number?: string) => Promise<string>;

const commands: Record<string, Act | undefined> = {
  list: async ({ connection }, from) => {
    const letters = await listDeadLetters(connection, { from: from === undefined ? 1 : numberOf(from) });
    return letters.length > 0 ? letters.map(lineOf).join('\n') : 'There are no dead letters.';
  },
  show: async ({ connection }, number) => {
    const id = numberOf(number);
    const letter = await getDeadLetter(connection, id);
    if (!letter) throw new UserError(`There is no dead letter ${id}.`);
    const { headers, body, ...facts } = letter;
    return JSON.stringify({ ...facts, headers, body: Buffer.from(body).toString() }, null, 2);
  },
  replay: async ({ connection }, number) => {
    const letter = await replayDeadLetter(connection, numberOf(number));
    return `${letter.subject} is sent again to ${letter.service}.`;
  },
};

function lineOf({ id, time, service, subject, reason, deliveries, text }: DeadLetter): string {
  return `${id}  ${time}  ${service}  ${subject}  ${reason} after ${deliveries}: ${text}`;
}

function numberOf(text = ''): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new UserError(`A dead letter's number is needed.\n\n${USAGE}`);
  return number;
}

/** The broker of an instance that runs under `npm start`: nats-server writes its port beside its streams. */
function instanceUrl(dataDir: string): string {
  const portsDir = join(dataDir, 'nats', 'ports');
  const [file] = existsSync(portsDir) ? readdirSync(portsDir).filter((name) => name.endsWith('.ports')) : [];
  const ports = file && (JSON.parse(readFileSync(join(portsDir, file), 'utf8')) as { nats?: string[] });
  const address = ports && ports.nats?.[0];
  if (!address) throw new UserError(`No broker of Slipway runs on ${dataDir}: start it, or set NATS_URL.`);
  const url = new URL(address);
  url.username = OPERATOR_USER;
  url.password = brokerPassword(openSecrets(dataDir), OPERATOR_USER);
  return url.href;
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
