// What `npm run test:cluster` runs: the contract suite of libs/cluster and all end-to-end stories against a real cluster.
import { parseArgs } from 'node:util';

import { report, runTests } from '../dev/launch/run-tests.mjs';
import { install, readFacts, root, startCluster, stopCluster } from './prepare/cluster.mjs';
import { whyNot } from './prepare/requirements.mjs';

const HELP = `npm run test:cluster [-- options] [-- parts of file names]

  --if-possible         on a machine that cannot run a real cluster says why, and succeeds
  --name N              the cluster of npm run cluster -- --name N (default slipway)
  --record              writes what the cluster answers as the recordings that npm test compares the embedded cluster with
  --help                this text

It uses the cluster of npm run cluster, and starts one, and stops it in the end, when none runs.
Environment: KUBECONFIG_TEST names the kubeconfig of another cluster, which may be changed at will; TEST_REGISTRY then names where it finds
the test images (slipway/web:1 and so on). Suites that end and start parts of the cluster need our own, and are left out.`;

const EVERYWHERE = ['libs/cluster/src/contract/', '.e2e.spec.ts'];

/** The variables that tell the suites which cluster it is. @param {NodeJS.ProcessEnv} env */
function namedCluster(env) {
  if (!env.TEST_REGISTRY)
    throw new Error('KUBECONFIG_TEST is set: say with TEST_REGISTRY where its nodes find slipway/web:1');
  return env;
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'if-possible': { type: 'boolean', default: false },
      name: { type: 'string', default: 'slipway' },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const foreign = Boolean(process.env.KUBECONFIG_TEST);
  const reason = foreign ? undefined : whyNot();
  if (reason && values['if-possible']) return console.log(`No tests on a real cluster. ${reason}`);
  if (reason) throw new Error(reason);
  await install();
  const env = { ...process.env, ...(values.record && { RECORD: '1' }) };
  const filters = positionals.length > 0 ? positionals : foreign ? EVERYWHERE : [...EVERYWHERE, '.real.spec.ts'];
  if (foreign) return report(await runTests(root, filters, namedCluster(env)));

  const { name } = values;
  const wasThere = readFacts(name) !== undefined;
  if (!wasThere && (await startCluster(name)) !== 0) throw new Error('The cluster did not start.');
  const { kubeconfig, registry } = readFacts(name);
  try {
    report(
      await runTests(root, filters, {
        ...env,
        KUBECONFIG_TEST: kubeconfig,
        TEST_REGISTRY: registry,
        REAL_CLUSTER: name,
      }),
    );
  } finally {
    if (!wasThere) stopCluster(name);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  report({ passed: 0, failed: 1 });
}
