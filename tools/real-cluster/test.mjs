// What `npm run test:cluster` runs: the contract suite of libs/cluster and all end-to-end stories against a real cluster.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { report, runTests, sum } from '../dev/launch/run-tests.mjs';
import { grantAccess, install, readFacts, root, startCluster, stopCluster } from './prepare/cluster.mjs';
import { whyNot } from './prepare/requirements.mjs';

const HELP = `npm run test:cluster [-- options] [-- parts of file names]

  --if-possible         on a machine that cannot run a real cluster says why, and succeeds
  --name N              the cluster of npm run cluster -- --name N (default slipway)
  --quick               leaves out the suites that take parts of the cluster away, about half of the time
  --record              writes down what the cluster answers, as the recordings that npm test compares the embedded cluster with,
                        and what Slipway does there, as deploy/access.yaml
  --help                this text

It uses the cluster of npm run cluster, and starts one, and stops it in the end, when none runs. Slipway has the rights of
deploy/access.yaml there, and no others.
Environment: KUBECONFIG_TEST names the kubeconfig of another cluster, which may be changed at will; TEST_REGISTRY then names where it finds
the test images (slipway/web:1 and so on). Suites that end and start parts of the cluster need our own, and are left out.`;

const ACCESS = 'access.real.spec.ts';
// Of three on two cores one always waits for a container; each has a namespace of SYSTEM_NAMESPACES.
const BESIDE_EACH_OTHER = '--maxWorkers=3';
/** What vitest gets in each of the runs, in their order. */
const STORIES = [BESIDE_EACH_OTHER, '--project=cluster', '--project=e2e', 'libs/cluster/src/contract/', '.e2e.spec.ts'];
const STORIES_ON_OUR_OWN = [...STORIES, '.real.spec.ts'];
// Nobody else can use a cluster of which parts are away.
const ONE_BY_ONE = '--no-file-parallelism';
// Last, and not judged: an API server that has just started refuses what it has not read the roles for yet.
const PARTS_AWAY = [ONE_BY_ONE, '.parts.spec.ts'];

/** @param {string[][]} runs @param {NodeJS.ProcessEnv} env */
async function runAll(runs, env) {
  const counts = [];
  for (const args of runs) counts.push(await runTests(root, args, env));
  return sum(counts);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'if-possible': { type: 'boolean', default: false },
      name: { type: 'string', default: 'slipway' },
      quick: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const foreign = Boolean(process.env.KUBECONFIG_TEST);
  if (foreign && !process.env.TEST_REGISTRY)
    throw new Error('KUBECONFIG_TEST is set: say with TEST_REGISTRY where its nodes find slipway/web:1');
  const reason = foreign ? undefined : whyNot();
  if (reason && values['if-possible']) return console.log(`No tests on a real cluster. ${reason}`);
  if (reason) throw new Error(reason);
  await install();
  const env = { ...process.env, ...(values.record && { RECORD: '1' }) };
  const named = positionals.filter((part) => !ACCESS.includes(part));
  const chosen = named.length > 0 ? [[ONE_BY_ONE, ...named]] : undefined;
  if (foreign) return report(await runAll(chosen ?? [STORIES], env));

  const { name, record } = values;
  const wasThere = readFacts(name) !== undefined;
  if (!wasThere && (await startCluster(name)) !== 0) throw new Error('The cluster did not start.');
  try {
    grantAccess(name, record);
    const { kubeconfig, slipwayKubeconfig, kubectl, registry, auditLog } = readFacts(name);
    // That of an earlier run keeps the next leader waiting, and hides that Slipway has to be able to make one.
    spawnSync(kubectl, [
      '--kubeconfig',
      kubeconfig,
      'delete',
      'leases',
      '-A',
      '--field-selector=metadata.name=slipway-deployments',
    ]);
    const given = {
      ...env,
      KUBECONFIG_TEST: kubeconfig,
      KUBECONFIG_SLIPWAY: slipwayKubeconfig,
      ENVIRONMENT_ROLE: 'slipway-environment',
      TEST_REGISTRY: registry,
      REAL_CLUSTER: name,
    };
    const auditFrom = String(statSync(auditLog).size);
    const counts = [await runAll(chosen ?? [STORIES_ON_OUR_OWN], given)];
    const judged = positionals.length === 0 || named.length < positionals.length;
    if (judged) counts.push(await runAll([[ACCESS]], { ...given, AUDIT_FROM: auditFrom }));
    if (!chosen && !values.quick) counts.push(await runAll([PARTS_AWAY], given));
    report(sum(counts));
    if (record) grantAccess(name, false);
  } finally {
    if (!wasThere) stopCluster(name);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  report({ passed: 0, failed: 1, failures: [] });
}
