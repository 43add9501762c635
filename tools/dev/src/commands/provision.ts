// Makes streams and consumers as they should be, then ends: beside `migrate`, before the services start.
import 'reflect-metadata';

import { createLogger, loadConfig, Variable } from '@slipway/runtime';
import { IsNotEmpty } from 'class-validator';

import { provisionAll } from '../prepare.js';
import { runCommand } from './run-command.js';

export class ProvisionConfig {
  @Variable('NATS_URL', {
    required: 'always',
    secret: true,
    description: 'The message broker, with the user `provision`.',
  })
  @IsNotEmpty()
  natsUrl: string;
}

await runCommand(async () => {
  const { natsUrl } = loadConfig(ProvisionConfig, process.env, { subject: 'provision' });
  await provisionAll(natsUrl, createLogger());
});
