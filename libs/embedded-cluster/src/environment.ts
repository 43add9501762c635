/** What the process of its own is told by its environment. */
export interface Environment {
  readonly port: number;
  readonly dataDir: string;
  /** The names in the certificate; the first one goes into the kubeconfig. */
  readonly names: readonly string[];
  /** The address that it listens on. */
  readonly host: string;
}

const defaultPort = 6443;
const everyAddress = '0.0.0.0';

/** Reads EMBEDDED_CLUSTER_*; returns every problem at once when there is one. */
export function parseEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): Environment | { problems: string[] } {
  const port = Number(variables.EMBEDDED_CLUSTER_PORT ?? defaultPort);
  const dataDir = variables.EMBEDDED_CLUSTER_DATA_DIR ?? '';
  const problems = [
    ...(Number.isInteger(port) && port >= 0 && port < 65_536
      ? []
      : ['EMBEDDED_CLUSTER_PORT must be a port number, or 0 for a free one']),
    ...(dataDir ? [] : ['EMBEDDED_CLUSTER_DATA_DIR must name the folder for the kubeconfig and the certificates']),
  ];
  if (problems.length) return { problems };
  const names = (variables.EMBEDDED_CLUSTER_HOST ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return { port, dataDir, names, host: variables.EMBEDDED_CLUSTER_LISTEN ?? everyAddress };
}
