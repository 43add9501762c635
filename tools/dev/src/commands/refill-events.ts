// Fills a broker again that has lost its disk: the services send what left since a moment once more, under the same ids.
import 'reflect-metadata';

import { parseArgs } from 'node:util';

import { refillEvents } from '@slipway/persistence';
import { loadConfig, Variable } from '@slipway/runtime';
import { IsNotEmpty } from 'class-validator';

import { databaseServices } from '../services/service-list.js';
import { UserError } from '../user-error.js';
import { runCommand } from './run-command.js';

const USAGE = `node tools/dev/dist/commands/refill-events.js --since T

After the broker has lost what it stored: run provision first, then this, while the services run. They send again what left since T, at
most seven days back, and whoever has handled a message already drops it.

  --since T     how long ago (30m, 12h, 2d) or when (2026-03-01T10:00:00Z): when the last good copy of the broker's disk was made

DATABASE_URL is PostgreSQL, as the owner of the database.`;

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 };
const AGO = /^(\d+)([mhd])$/;

export class RefillEventsConfig {
  @Variable('DATABASE_URL', {
    required: 'always',
    secret: true,
    description: 'PostgreSQL, as the owner of the database.',
  })
  @IsNotEmpty()
  databaseUrl: string;
}

function momentOf(text: string): Date {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined) return new Date(Date.now() - Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]);
  const moment = new Date(text);
  if (Number.isNaN(moment.getTime()) || !text.includes('-'))
    throw new UserError(`--since ${text} is neither how long ago nor a time.\n\n${USAGE}`);
  return moment;
}

await runCommand(async () => {
  const { values } = parseArgs({ options: { since: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help || values.since === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const since = momentOf(values.since);
  const { databaseUrl } = loadConfig(RefillEventsConfig, process.env, { subject: 'refill-events' });
  for (const { service } of databaseServices) {
    const count = await refillEvents(databaseUrl, { service: service.name, since });
    process.stdout.write(`${service.name}: ${count} messages are sent again\n`);
  }
});
