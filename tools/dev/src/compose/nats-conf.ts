import { operations } from '@slipway/contracts';
import { natsUserNames, natsUsers } from '@slipway/messaging';
import { natsConfig } from '@slipway/testing/backends';

import { variable } from './compose-variables.js';

const PORT = 4222;

/** The text of deploy/nats.conf: the rights of every user, from the registry, and a variable in place of each password. */
export function composeNatsConf(): string {
  const passwords = Object.fromEntries(natsUserNames.map((name) => [name, `$${variable(name)}_NATS_PASSWORD`]));
  const json = natsConfig({
    host: '0.0.0.0',
    port: PORT,
    jetstreamDir: '/data',
    users: natsUsers(operations, passwords),
  });
  // nats-server puts a variable in only where no quotes are.
  return `# Generated from the contracts by npm run gen:nats; passwords come from the environment.\n${json.replace(/"(\$\w+_NATS_PASSWORD)"/g, '$1')}\n`;
}
