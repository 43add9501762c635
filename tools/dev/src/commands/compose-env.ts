// Prints a .env for docker-compose.yml: new passwords and keys at every run, so it is written once and kept.
import { composeVariables } from '../compose/compose-variables.js';

process.stdout.write(
  composeVariables()
    .map(([name, value]) => `${name}=${value}\n`)
    .join(''),
);
