// What cluster.mjs runs on Node 24, with one argument: the options as JSON.
import { existsSync } from 'node:fs';

import { grantAccess } from './access/grant-access.js';
import { cleanUp } from './clean-up.js';
import { type ClusterFacts, runningCluster } from './facts.js';
import { kubectlFor } from './kubectl.js';
import { layoutOf } from './layout.js';
import type { Ground } from './parts/part.js';
import { start } from './start.js';

interface Options {
  command: 'start' | 'stop' | 'facts' | 'grant';
  name: string;
  simulatedNodes: number;
  everything: boolean;
  binaries: Ground['binaries'];
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options;

try {
  const layout = layoutOf(options.name);
  if (options.command === 'stop') {
    const was = existsSync(layout.folder);
    await cleanUp(layout);
    say(was ? `The cluster "${layout.name}" is stopped, and nothing of it is left.` : 'No cluster runs.');
  } else if (options.command === 'grant') {
    const facts = runningCluster(layout);
    if (!facts) throw new Error('No cluster runs.');
    await grantAccess(kubectlFor(facts.kubectl, facts.kubeconfig), { everything: options.everything });
  } else if (options.command === 'facts') {
    const facts = runningCluster(layout);
    if (facts) say(JSON.stringify(facts));
  } else {
    const running = runningCluster(layout);
    if (running && running.nodes !== options.simulatedNodes + 1) {
      throw new Error(
        `The cluster runs with ${running.nodes} nodes. For others stop it first: ${command('cluster:stop', layout.name)}`,
      );
    }
    const started = performance.now();
    const facts = running ?? (await start({ layout, ...options, progress: (line) => say(`  starting: ${line}`) }));
    say(
      describe(facts, running ? 'runs already' : `is ready in ${((performance.now() - started) / 1000).toFixed(1)} s`),
    );
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function describe(facts: ClusterFacts, state: string): string {
  const { address, username, password } = facts.protectedRegistry;
  return `
  A Kubernetes with ${facts.nodes === 1 ? 'one node' : `${facts.nodes} nodes`} ${state}.

  kubeconfig     ${facts.kubeconfig}
  use it         npm start -- --kubeconfig ${facts.kubeconfig}
                 ${facts.kubectl} --kubeconfig ${facts.kubeconfig} get pods -A
  registry       ${facts.registry} (open), ${address} (user ${username}, password ${password})
  test images    ${facts.registry}/slipway/web:1, web:2, crash:1, memory:1, slow:1, stubborn:1, task:1; in both registries
  stop it        ${command('cluster:stop', facts.name)}
`;
}

function command(script: string, name: string): string {
  return name === 'slipway' ? `npm run ${script}` : `npm run ${script} -- --name ${name}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
