// What `npm run cluster` and `npm run cluster:stop` run: installs and builds what is missing, then starts or stops the cluster.
import { parseArgs } from 'node:util';

import { install, startCluster, stopCluster } from './prepare/cluster.mjs';
import { whyNot } from './prepare/requirements.mjs';

const HELP = `npm run cluster [-- options]       a real Kubernetes on this machine, without Docker; Linux, as root
npm run cluster:stop               ends it and removes everything of it

  --simulated-nodes N   adds N nodes whose pods are only simulated, for scale (default 0)
  --name N              for a second cluster beside the first (default slipway)
  --help                this text

Environment: REAL_CLUSTER_BIN names a folder whose programs (kube-apiserver, etcd, …) are used before those on the PATH and those built here.`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      name: { type: 'string', default: 'slipway' },
      'simulated-nodes': { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const [command = 'start'] = positionals;
  const simulatedNodes = Number(values['simulated-nodes']);
  if (!Number.isInteger(simulatedNodes) || simulatedNodes < 0 || simulatedNodes > 5000) {
    throw new Error(`--simulated-nodes has to be a number from 0 to 5000, but is ${values['simulated-nodes']}`);
  }
  const reason = whyNot();
  if (reason) throw new Error(reason);
  await install();
  process.exitCode = command === 'stop' ? stopCluster(values.name) : await startCluster(values.name, simulatedNodes);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
