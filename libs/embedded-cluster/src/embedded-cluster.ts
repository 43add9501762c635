import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';

import { startControllers } from './controllers/start-controllers.js';
import { type Fault, Faults } from './faults.js';
import { handleRequest } from './http.js';
import { loadIdentity, saveIdentity } from './identity-files.js';
import { toKubeconfig } from './kubeconfig.js';
import { PodLogs } from './logs.js';
import { Registry, type Write } from './registry.js';
import { seed } from './seed.js';
import { Store } from './store.js';
import { defaultTimings, type Timings } from './timings.js';

export interface EmbeddedClusterOptions {
  /** Default 0: the port kept in dataDir, or a free one. */
  port?: number;
  /** Keeps CA, certificate, token and port over a restart, in a file for its owner alone. Objects are not kept. */
  dataDir?: string;
  /** Where it listens. Default 127.0.0.1. */
  host?: string;
  /** Further names and addresses for the certificate; the first one is used in the kubeconfig. */
  names?: readonly string[];
  timings?: Partial<Timings>;
  /** An address that every Ingress gets in its load balancer status. Default: none, as in a cluster without a controller. */
  ingressAddress?: string;
  /** What the one node offers; a pod that asks for more is unschedulable. Default 8 CPUs and 16Gi. Usage is not summed up. */
  node?: { cpu?: string; memory?: string };
  /** Whether it has metrics.k8s.io, as a cluster with a metrics-server has. Default true. */
  metrics?: boolean;
  /** How many changes a watch can resume over before it gets 410. Default 5000. */
  historySize?: number;
  log?: (line: string) => void;
}

export interface EmbeddedCluster {
  readonly url: string;
  readonly port: number;
  readonly caPem: string;
  readonly token: string;
  /** YAML with one context, `embedded`. */
  readonly kubeconfig: string;
  readonly faults: {
    /** Plans a fault for the next matching requests. Returns a function that removes it. */
    add(fault: Fault): () => void;
    clear(): void;
    /** Cuts every connection, watches and followed logs included. */
    cutConnections(): void;
    /** Forgets the changes so far: a watch that resumes from before gets 410. */
    forgetHistory(): void;
    /** The controller-manager rests: writes are taken, and nothing comes of them. Returns a function that lets it go on. */
    pauseControllers(): () => void;
  };
  /** Writes a line into the log of a container that runs, as if it had. Throws when there is none. */
  writeLog(container: { namespace: string; pod: string; container: string }, text: string): void;
  /** Every write by a client that changed something, oldest first; equal applies and the cluster's own controllers are not in it. */
  writes(): readonly Write[];
  /** Back to an empty cluster: objects, logs, faults and the audit are gone; open watches end and cannot be resumed. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a simulated cluster in this process. Throws when the port is taken. */
export async function startEmbeddedCluster(options: EmbeddedClusterOptions = {}): Promise<EmbeddedCluster> {
  const { dataDir, names = [], host = '127.0.0.1', log = () => undefined } = options;
  const identity = await loadIdentity(dataDir, [...names, 'localhost', '127.0.0.1']);
  const timings = { ...defaultTimings, ...options.timings };
  const store = new Store(options.historySize ?? 5000);
  const registry = new Registry(store);
  const logs = new PodLogs();
  const faults = new Faults();
  const { ingressAddress, node = {}, metrics = true } = options;
  const { authority, server: certificate, token } = identity;

  const caPem = authority.certificatePem;
  const controllers = startControllers({ registry, logs, timings, log, caPem, ingressAddress });
  const fill = (): void => seed(registry, { cpu: node.cpu ?? '8', memory: node.memory ?? '16Gi' });
  fill();

  const dependencies = { registry, logs, faults, token, timings, metrics, log };
  const server = createServer({ cert: certificate.certificatePem, key: certificate.keyPem }, (request, response) => {
    void handleRequest(dependencies, request, response);
  });
  // A watch is quiet for as long as nothing happens.
  server.requestTimeout = 0;
  server.timeout = 0;
  // A connection in the middle of its TLS handshake is none that closeAllConnections knows; it would keep the server open for ever.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // A connection that a client keeps must not be closed just as the client sends on it.
  server.keepAliveTimeout = 120_000;

  let port: number;
  try {
    port = await listen(server, host, options.port ?? 0, identity.port);
  } catch (error) {
    controllers.stop();
    throw error;
  }
  server.on('error', (error) => log(`embedded cluster: ${error.message}`));
  if (dataDir !== undefined) await saveIdentity(dataDir, { ...identity, port });
  const url = `https://${names[0] ?? '127.0.0.1'}:${port}`;
  log(`embedded cluster: serving ${url}`);

  let closing: Promise<void> | undefined;
  return {
    url,
    port,
    caPem,
    token,
    kubeconfig: toKubeconfig({ url, caPem, token }),
    faults: {
      add: (fault) => faults.add(fault),
      clear: () => faults.clear(),
      cutConnections: () => server.closeAllConnections(),
      forgetHistory: () => store.forgetHistory(),
      pauseControllers: () => controllers.pause(),
    },
    writeLog: ({ namespace, pod, container }, text) => {
      const log = logs.find(registry.read('pods', namespace, pod).metadata.uid, container, false);
      if (!log) throw new Error(`container ${container} of pod ${pod} has written no log yet`);
      log.write(text);
    },
    writes: () => registry.writes(),
    reset: () => {
      faults.clear();
      controllers.reset();
      registry.clear();
      logs.clear();
      fill();
    },
    close: () => {
      closing ??= new Promise((resolve) => {
        controllers.stop();
        logs.clear();
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}

/** A port that is asked for must be free; the one of the last start is only preferred. */
async function listen(server: Server, host: string, asked: number, last: number): Promise<number> {
  try {
    return await listenOn(server, host, asked || last);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw error;
    if (asked) throw new Error(`port ${asked} for the embedded cluster is taken; choose another one`, { cause: error });
    return listenOn(server, host, 0);
  }
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
