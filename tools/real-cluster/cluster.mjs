// What `npm run cluster` and `npm run cluster:stop` run: installs and builds what is missing, then starts or stops the cluster.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { compile } from '../dev/launch/compile.mjs';
import { install } from '../dev/launch/install.mjs';
import { nodeBinary } from '../dev/launch/node-binary.mjs';
import { requirePrerequisites } from '../dev/launch/prerequisites.mjs';
import { buildBinaries } from './prepare/binaries.mjs';
import { installPackages } from './prepare/debian-packages.mjs';
import { whyNot } from './prepare/requirements.mjs';

const HELP = `npm run cluster [-- options]       a real Kubernetes on this machine, without Docker; Linux, as root
npm run cluster:stop               ends it and removes everything of it

  --simulated-nodes N   adds N nodes whose pods are only simulated, for scale (default 0)
  --name N              for a second cluster beside the first (default slipway)
  --help                this text

Environment: REAL_CLUSTER_BIN names a folder whose programs (kube-apiserver, etcd, …) are used before those on the PATH and those built here.`;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

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
  requirePrerequisites();
  await install(root);
  await compile(root);
  if (command === 'start') await installPackages();
  const binaries = command === 'start' ? await buildBinaries() : {};
  const entry = join(root, 'tools/real-cluster/dist/main.js');
  const input = JSON.stringify({ command, name: values.name, simulatedNodes, binaries });
  process.exitCode = spawnSync(nodeBinary(root), [entry, input], { stdio: 'inherit' }).status ?? 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
