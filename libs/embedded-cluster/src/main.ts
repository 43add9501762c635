// The entry of the compose service, the only place of this library that reads the environment: it knows no other library, so it
// cannot use the runtime's configuration.
import { startEmbeddedCluster } from './embedded-cluster.js';
import { parseEnvironment } from './environment.js';
import { writePrivateFile } from './identity-files.js';

const environment = parseEnvironment(process.env);
if ('problems' in environment) fail(environment.problems.join('; '));

const cluster = await startEmbeddedCluster({ ...environment, log: (line) => process.stdout.write(`${line}\n`) }).catch(
  (error: unknown) => fail(error instanceof Error ? error.message : String(error)),
);
await writePrivateFile(environment.dataDir, 'kubeconfig.yaml', cluster.kubeconfig);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cluster.close().then(() => process.exit(0)));
}

function fail(why: string): never {
  process.stderr.write(`The embedded cluster cannot start: ${why}.\n`);
  process.exit(1);
}
