// All services in one process, as `npm start` runs them. Its argument: a file with the environment of each, by name.
import 'reflect-metadata';

import { readFileSync } from 'node:fs';

import { services, startServices } from '@slipway/dev';
import { createLogger } from '@slipway/runtime';

const environments = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Record<string, Record<string, string>>;
const running = await startServices(
  services,
  ({ name }) => environments[name] ?? {},
  createLogger(),
  Number(process.env.ADMIN_PORT),
);
process.once('SIGTERM', () => void running.stop().finally(() => process.exit()));
