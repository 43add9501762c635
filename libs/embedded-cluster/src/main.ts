// The entry of the compose service, the only place of this library that reads the environment: it knows no other library, so it
// cannot use the runtime's configuration.
import { startEmbeddedCluster } from './embedded-cluster.js';
import { writePrivateFile } from './identity-files.js';

const port = Number(process.env.EMBEDDED_CLUSTER_PORT ?? '6443');
const dataDir = process.env.EMBEDDED_CLUSTER_DATA_DIR ?? '';
const names = (process.env.EMBEDDED_CLUSTER_HOST ?? '')
  .split(',')
  .map((name) => name.trim())
  .filter((name) => name !== '');
const host = process.env.EMBEDDED_CLUSTER_LISTEN ?? '0.0.0.0';

const problems = [
  ...(Number.isInteger(port) && port >= 0 && port < 65536 ? [] : ['EMBEDDED_CLUSTER_PORT must be a port number']),
  ...(dataDir ? [] : ['EMBEDDED_CLUSTER_DATA_DIR must name the folder for the kubeconfig and the certificates']),
];
if (problems.length) {
  console.error(`The embedded cluster cannot start: ${problems.join('; ')}.`);
  process.exit(1);
}

const cluster = await startEmbeddedCluster({ port, host, names, dataDir, log: (line) => console.log(line) });
await writePrivateFile(dataDir, 'kubeconfig.yaml', cluster.kubeconfig);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cluster.close().then(() => process.exit(0)));
}
