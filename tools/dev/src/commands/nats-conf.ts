// Prints deploy/nats.conf.
import { composeNatsConf } from '../compose/nats-conf.js';

process.stdout.write(composeNatsConf());
