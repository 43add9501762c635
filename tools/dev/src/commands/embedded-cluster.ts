// The embedded cluster as a process of its own: a service of docker-compose.yml. `npm start` runs it in its own process instead.
import 'reflect-metadata';

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startEmbeddedCluster } from '@slipway/embedded-cluster';
import { closeOnSignal, createLogger, loadConfig, Variable } from '@slipway/runtime';
import { IsInt, IsNotEmpty, Max, Min } from 'class-validator';

import { runCommand } from './run-command.js';

const PORT = 6443;

export class EmbeddedClusterConfig {
  @Variable('CLUSTER_DIR', {
    required: 'always',
    description: 'Folder for its certificate and for kubeconfig.yaml, which the services read.',
  })
  @IsNotEmpty()
  folder: string;

  @Variable('CLUSTER_NAME', { default: 'localhost', description: 'The name by which the services reach it.' })
  @IsNotEmpty()
  name: string;

  @Variable('CLUSTER_HOST', { default: '127.0.0.1', description: 'Address that it listens on.' })
  @IsNotEmpty()
  host: string;

  @Variable('CLUSTER_PORT', { type: 'integer', default: PORT, description: 'Port that it listens on.' })
  @IsInt()
  @Min(1)
  @Max(65_535)
  port: number;
}

await runCommand(async () => {
  const { folder, name, host, port } = loadConfig(EmbeddedClusterConfig, process.env, {
    subject: 'the embedded cluster',
  });
  const logger = createLogger();
  const cluster = await startEmbeddedCluster({
    dataDir: folder,
    host,
    port,
    names: [name],
    log: (line) => logger.info(line, { service: 'embedded-cluster' }),
  });
  writeFileSync(join(folder, 'kubeconfig.yaml'), cluster.kubeconfig, { mode: 0o600 });
  closeOnSignal(() => cluster.close(), logger);
});
